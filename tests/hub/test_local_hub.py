"""The local Hub answers the unmodified client as the real one does."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.hub import Blob, LocalHub
from tests.hub.client import client_environment, set_up_client

REPO = "consortium/credit"
TOKENS = {"hf_write": "consortium", "hf_read": "consortium", "hf_rival": "rival"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    set_up_client(monkeypatch)
    with LocalHub(TOKENS, read_only=["hf_read"], page_size=2, large_from=1000) as hub:
        yield hub


@pytest.fixture
def api(hub: LocalHub) -> HfApi:
    api = HfApi(endpoint=hub.endpoint, token="hf_write")
    api.create_repo(REPO, private=True)
    return api


def as_user(hub: LocalHub, token: str | bool) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=token)


def refusal(status: int) -> pytest.RaisesExc:
    return pytest.RaisesExc(HfHubHTTPError, check=lambda error: error.response.status_code == status)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Card\n")
    (folder / "model.lgb").write_bytes(b"tree\n" * 1000)
    (folder / "deep" / "er" / "metrics.json").write_text("{}")
    return folder


def test_a_token_names_its_account(api: HfApi):
    assert api.whoami()["name"] == "consortium"


def test_an_unknown_token_is_refused(hub: LocalHub, api: HfApi):
    with refusal(401):
        as_user(hub, "hf_wrong").model_info(REPO)


def test_a_repository_is_created_once(api: HfApi):
    with refusal(409):
        api.create_repo(REPO)
    assert api.create_repo(REPO, exist_ok=True).repo_id == REPO


def test_data_sets_and_models_of_one_name_are_different_repositories(hub: LocalHub, api: HfApi):
    api.create_repo(REPO, repo_type="dataset")
    api.upload_file(path_or_fileobj=b"a,b\n", path_in_repo="x.csv", repo_id=REPO, repo_type="dataset")
    assert "x.csv" in hub.repo(REPO, "datasets").head.files
    assert "x.csv" not in hub.repo(REPO).head.files


def test_a_deleted_repository_is_gone(api: HfApi):
    api.delete_repo(REPO)
    assert not api.repo_exists(REPO)


def test_a_folder_comes_back_byte_for_byte(hub: LocalHub, api: HfApi, folder: Path, tmp_path: Path):
    sha = api.upload_folder(repo_id=REPO, folder_path=folder).oid
    found = snapshot_download(
        REPO, revision=sha, endpoint=hub.endpoint, token="hf_write", cache_dir=tmp_path / "cache"
    )
    for path in ("README.md", "model.lgb", "deep/er/metrics.json"):
        assert (Path(found) / path).read_bytes() == (folder / path).read_bytes()


def test_a_large_file_comes_from_another_origin_that_sees_no_token(hub: LocalHub, api: HfApi, folder: Path):
    api.upload_folder(repo_id=REPO, folder_path=folder)
    hf_hub_download(REPO, "model.lgb", endpoint=hub.endpoint, token="hf_write", local_dir=folder / "got")
    assert hub.requests_to("/files/") and hub.repo(REPO).head.files["model.lgb"].large


def test_a_file_already_stored_is_not_sent_again(hub: LocalHub, api: HfApi, folder: Path):
    api.upload_folder(repo_id=REPO, folder_path=folder)
    api.create_repo("consortium/copy")
    api.upload_folder(repo_id="consortium/copy", folder_path=folder)
    assert len(hub.requests_to("/lfs-upload/")) == 1


def test_part_of_a_file_can_be_fetched(hub: LocalHub, api: HfApi, folder: Path):
    api.update_repo_settings(REPO, visibility="public")
    api.upload_folder(repo_id=REPO, folder_path=folder)
    url = f"{hub.endpoint}/{REPO}/resolve/main/README.md"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Range": "bytes=4-10"})) as answer:
        assert (answer.status, answer.read()) == (206, b"license")


def test_uploading_the_same_folder_twice_makes_one_commit(hub: LocalHub, api: HfApi, folder: Path):
    first = api.upload_folder(repo_id=REPO, folder_path=folder).oid
    assert api.upload_folder(repo_id=REPO, folder_path=folder).oid == first
    assert len(hub.requests_to("/commit/")) == 1


def test_a_listing_is_complete_over_its_pages(hub: LocalHub, api: HfApi, folder: Path):
    api.upload_folder(repo_id=REPO, folder_path=folder)
    expected = {".gitattributes", "README.md", "model.lgb", "deep/er/metrics.json"}
    assert set(api.list_repo_files(REPO)) == expected
    assert len(hub.requests_to("/tree/")) > 1


def test_a_listing_tells_files_from_folders(api: HfApi, folder: Path):
    api.upload_folder(repo_id=REPO, folder_path=folder)
    assert [entry.path for entry in api.list_repo_tree(REPO, "deep")] == ["deep/er"]


def test_info_tells_the_size_and_hash_of_files(hub: LocalHub, api: HfApi, folder: Path):
    api.upload_folder(repo_id=REPO, folder_path=folder)
    info = api.model_info(REPO, files_metadata=True)
    large = next(file for file in info.siblings or [] if file.rfilename == "model.lgb")
    assert large.lfs and large.lfs.sha256 == hub.repo(REPO).head.files["model.lgb"].sha256
    assert info.card_data and info.card_data.license == "apache-2.0"


def test_paths_info_tells_of_the_paths_asked_for(api: HfApi, folder: Path):
    api.upload_folder(repo_id=REPO, folder_path=folder)
    assert [entry.path for entry in api.get_paths_info(REPO, ["model.lgb", "absent"])] == ["model.lgb"]


def test_files_can_be_deleted(api: HfApi, folder: Path):
    api.upload_folder(repo_id=REPO, folder_path=folder)
    api.delete_folder("deep", REPO)
    api.delete_file("model.lgb", REPO)
    assert set(api.list_repo_files(REPO)) == {".gitattributes", "README.md"}


def test_history_runs_from_the_newest_commit_back(api: HfApi, folder: Path):
    api.upload_folder(repo_id=REPO, folder_path=folder, commit_message="Release 1")
    assert [commit.title for commit in api.list_repo_commits(REPO)] == ["Release 1", "initial commit"]


def test_a_commit_on_a_stale_parent_is_refused(api: HfApi, folder: Path):
    parent = api.model_info(REPO).sha
    api.upload_folder(repo_id=REPO, folder_path=folder)
    with refusal(412):
        api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id=REPO, parent_commit=parent)


def test_a_tag_keeps_naming_its_commit(api: HfApi, folder: Path):
    first = api.model_info(REPO).sha
    api.create_tag(REPO, tag="v1/rc")
    api.upload_folder(repo_id=REPO, folder_path=folder)
    assert api.model_info(REPO, revision="v1/rc").sha == first
    with refusal(409):
        api.create_tag(REPO, tag="v1/rc")


def test_a_removed_tag_is_unknown(api: HfApi):
    api.create_tag(REPO, tag="v1")
    api.delete_tag(REPO, tag="v1")
    assert api.list_repo_refs(REPO).tags == []


def test_a_branch_takes_commits_of_its_own(api: HfApi):
    api.create_branch(REPO, branch="trial")
    api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id=REPO, revision="trial")
    assert api.file_exists(REPO, "x", revision="trial") and not api.file_exists(REPO, "x")
    api.delete_branch(REPO, branch="trial")
    assert [branch.name for branch in api.list_repo_refs(REPO).branches] == ["main"]


@pytest.mark.parametrize("token", [False, "hf_rival"])
def test_a_private_repository_is_hidden_from_others(hub: LocalHub, api: HfApi, token: str | bool):
    with pytest.raises(RepositoryNotFoundError):
        as_user(hub, token).model_info(REPO)


def test_a_gated_repository_can_be_seen_but_not_read(hub: LocalHub, api: HfApi):
    api.update_repo_settings(REPO, visibility="public", gated="auto")
    rival = as_user(hub, "hf_rival")
    assert rival.model_info(REPO).id == REPO
    with pytest.raises(GatedRepoError):
        rival.auth_check(REPO)


def test_a_reading_token_cannot_write(hub: LocalHub, api: HfApi):
    with refusal(403):
        as_user(hub, "hf_read").upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id=REPO)


def test_what_is_missing_is_named(hub: LocalHub, api: HfApi):
    with pytest.raises(RevisionNotFoundError):
        api.model_info(REPO, revision="v9")
    with pytest.raises(RemoteEntryNotFoundError):
        api.hf_hub_download(REPO, "absent.json")


def test_a_card_with_broken_metadata_is_refused(api: HfApi):
    with pytest.raises(ValueError, match="Invalid metadata"):
        api.upload_file(path_or_fileobj=b"---\n- 1\n---\n", path_in_repo="README.md", repo_id=REPO)


def test_a_space_keeps_variables_and_hides_secrets(api: HfApi):
    api.create_repo("consortium/app", repo_type="space", space_sdk="docker", space_variables=[])
    api.add_space_variable("consortium/app", "MODEL_REPO", REPO)
    api.add_space_secret("consortium/app", "TOKEN", "hush")
    assert api.get_space_variables("consortium/app")["MODEL_REPO"].value == REPO
    assert "hush" not in str(api.get_space_secrets("consortium/app"))


def test_a_space_runs_once_restarted(api: HfApi):
    api.create_repo("consortium/app", repo_type="space", space_sdk="docker")
    api.restart_space("consortium/app")
    assert api.get_space_runtime("consortium/app").stage == "RUNNING"


def test_a_docker_space_has_to_be_paid_for(hub: LocalHub, api: HfApi):
    hub.charge_for_docker()
    with refusal(402):
        api.create_repo("consortium/app", repo_type="space", space_sdk="docker")


def test_a_hub_out_of_order_recovers(hub: LocalHub, api: HfApi):
    hub.fail(503)
    with refusal(503):
        api.whoami()
    assert api.whoami()["name"] == "consortium"


def test_somebody_else_can_act_in_between(hub: LocalHub, api: HfApi):
    hub.meanwhile("/refs", lambda: hub.repo(REPO).commit("main", {"x": Blob(b"x")}, "theirs", "rival"))
    api.list_repo_refs(REPO)
    assert api.list_repo_files(REPO) == ["x"]


def test_a_card_is_pushed_to_the_hub_named_in_the_environment(hub: LocalHub, api: HfApi, tmp_path: Path):
    code = f"""
from huggingface_hub import ModelCard, ModelCardData
card = ModelCard.from_template(ModelCardData(license="apache-2.0"), model_id="credit")
card.push_to_hub({REPO!r}, token="hf_write")
assert ModelCard.load({REPO!r}, token="hf_write").data.license == "apache-2.0"
"""
    environment = client_environment(hub.endpoint, str(tmp_path))
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    assert "README.md" in hub.repo(REPO).head.files
