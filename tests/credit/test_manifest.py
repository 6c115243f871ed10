"""A manifest pins every file of a release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from credit.manifest import ManifestError, verify_manifest, write_manifest


@pytest.fixture
def release(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "model.lgb").write_text("tree\n")
    (tmp_path / "deep" / "metrics.json").write_text("{}")
    write_manifest(tmp_path)
    return tmp_path


def test_it_lists_the_hash_of_every_file_but_itself(release: Path):
    files = json.loads((release / "manifest.json").read_text())["files"]
    assert list(files) == ["deep/metrics.json", "model.lgb"]
    assert files["model.lgb"] == "f27e01fe7624cca3e69811a0bf9a4efd9dca9fd39f7a3a8f939cae0cfe8cdfb8"


def test_writing_it_again_gives_the_same_bytes(release: Path):
    before = (release / "manifest.json").read_bytes()
    assert write_manifest(release).keys() == {"deep/metrics.json", "model.lgb"}
    assert (release / "manifest.json").read_bytes() == before


def test_an_untouched_release_is_accepted(release: Path):
    verify_manifest(release)


def test_files_the_hub_and_its_client_add_do_not_matter(release: Path):
    (release / ".gitattributes").write_text("*.bin filter=lfs\n")
    (release / ".cache").mkdir()
    (release / ".cache" / "trees.json").write_text("{}")
    verify_manifest(release)


def test_a_changed_file_is_named(release: Path):
    (release / "model.lgb").write_text("tree!")
    with pytest.raises(ManifestError, match="model.lgb was changed"):
        verify_manifest(release)


def test_a_missing_file_is_named(release: Path):
    (release / "model.lgb").unlink()
    with pytest.raises(ManifestError, match="model.lgb is missing"):
        verify_manifest(release)


def test_a_file_slipped_in_is_named(release: Path):
    (release / "deep" / "model.pkl").write_text("x")
    with pytest.raises(ManifestError, match="deep/model.pkl is not in the manifest"):
        verify_manifest(release)


def test_a_folder_without_a_manifest_is_no_release(tmp_path: Path):
    with pytest.raises(ManifestError, match=r"holds no manifest\.json"):
        verify_manifest(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": []}', "\x00"])
def test_a_damaged_manifest_is_refused(release: Path, text: str):
    (release / "manifest.json").write_text(text)
    with pytest.raises(ManifestError, match="is damaged"):
        verify_manifest(release)


def test_a_manifest_of_no_folder_is_refused(tmp_path: Path):
    with pytest.raises(ManifestError, match="is not a folder"):
        write_manifest(tmp_path / "absent")
