"""Releases go to the Hub and come back, through the unmodified client and a real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from registry.hub import HubError
from tests.hub import LocalHub
from tests.hub.client import client_environment
from tests.registry.releasing import DATA, REPO, SPACE, commit_by_somebody, fetch, push


def test_a_published_release_comes_back_byte_for_byte(hub: LocalHub, folder: Path, tmp_path: Path):
    published = push(hub, folder)
    found, sha = fetch(hub, tmp_path / "models", "v1")
    assert sha == found.name == published.model_revision
    for path in ("README.md", "MLmodel", "model.lgb"):
        assert (found / path).read_bytes() == (folder / path).read_bytes()


def test_a_publication_says_where_the_release_is(hub: LocalHub, folder: Path):
    published = push(hub, folder)
    assert published.model_url == f"{hub.endpoint}/{REPO}"
    assert hub.repo(REPO).tags == {"v1": published.model_revision}
    assert (published.changed, published.dataset_revision) == (True, None)
    assert published.space == "skipped: no Space was named."


def test_the_data_set_is_published_beside_the_model(hub: LocalHub, folder: Path, tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "loans.parquet").write_bytes(b"PAR1")
    published = push(hub, folder, dataset_folder=data, dataset_repo=DATA)
    assert hub.repo(DATA, "datasets").tags == {"v1": published.dataset_revision}


def test_a_data_set_without_a_repository_is_refused(hub: LocalHub, folder: Path):
    with pytest.raises(HubError, match="give both or neither"):
        push(hub, folder, dataset_folder=folder)


@pytest.mark.parametrize("token", [None, "hf_rival"])
def test_a_private_release_is_hidden_from_others(
    hub: LocalHub, folder: Path, tmp_path: Path, token: str | None
):
    push(hub, folder)
    with pytest.raises(HubError, match="does not exist, or is private"):
        fetch(hub, tmp_path, token=token)


def test_an_unknown_revision_is_told_so(hub: LocalHub, folder: Path, tmp_path: Path):
    push(hub, folder)
    with pytest.raises(HubError, match="consortium/credit at v9 failed: it has no such revision"):
        fetch(hub, tmp_path, "v9")


def test_without_a_revision_the_newest_release_is_fetched(hub: LocalHub, folder: Path, tmp_path: Path):
    push(hub, folder)
    (folder / "MLmodel").write_text("flavors: {new: 1}\n")
    newest = push(hub, folder, tag="v2").model_revision
    assert fetch(hub, tmp_path)[1] == newest


def test_a_release_tampered_with_on_the_hub_is_thrown_away(hub: LocalHub, folder: Path, tmp_path: Path):
    push(hub, folder)
    commit_by_somebody(hub, MLmodel=b"flavors: {evil: 1}\n")
    with pytest.raises(HubError, match="MLmodel was changed"):
        fetch(hub, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_release_damaged_on_disk_is_fetched_anew_the_next_time(hub: LocalHub, folder: Path, tmp_path: Path):
    push(hub, folder)
    found, sha = fetch(hub, tmp_path)
    (found / "MLmodel").write_text("damaged")
    with pytest.raises(HubError, match="MLmodel was changed"):
        fetch(hub, tmp_path)
    assert fetch(hub, tmp_path) == (found, sha)


def test_a_copy_from_before_does_not_hide_a_refused_token(hub: LocalHub, folder: Path, tmp_path: Path):
    push(hub, folder)
    fetch(hub, tmp_path)
    with pytest.raises(HubError, match="does not accept the token"):
        fetch(hub, tmp_path, token="hf_wrong")


def test_a_process_of_its_own_never_prints_the_token(hub: LocalHub, folder: Path, tmp_path: Path):
    code = f"""
import logging; logging.basicConfig(level=logging.DEBUG)
from pathlib import Path
from registry.hub import download, publish
folder, order = Path({str(folder)!r}), {{"dataset_folder": None, "dataset_repo": None, "space": {SPACE!r}}}
publish(folder, {REPO!r}, token="hf_write", tag="v1", **order)
print(download({REPO!r}, "v1", Path({str(tmp_path)!r}), token="hf_write"))
publish(folder, {REPO!r}, token="hf_wrong", tag="v1", **order)
"""
    talkative = {"HF_DEBUG": "1", "HF_HUB_VERBOSITY": "debug"}
    environment = client_environment(hub.endpoint, str(tmp_path)) | talkative
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=False, text=True, timeout=60
    )
    printed = run.stdout + run.stderr
    assert "does not accept the token" in printed and hub.repo(REPO).tags["v1"] in run.stdout
    assert "hf_write" not in printed and "hf_wrong" not in printed


def test_importing_the_room_does_not_load_the_client():
    code = "import sys, registry.hub; assert 'huggingface_hub' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
