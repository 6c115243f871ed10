"""A tag names one release for ever, and publishing twice changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.hub import HubError
from tests.hub import LocalHub
from tests.registry.releasing import REPO, commit_by_somebody, fetch, push


def test_a_release_is_private_unless_said_otherwise(hub: LocalHub, folder: Path):
    push(hub, folder)
    assert hub.repo(REPO).private


def test_publishing_twice_commits_once(hub: LocalHub, folder: Path):
    first = push(hub, folder)
    second = push(hub, folder)
    assert (second.model_revision, second.changed) == (first.model_revision, False)
    assert len(hub.requests_to("/commit/")) == 1


def test_the_same_release_under_a_second_tag_needs_no_commit(hub: LocalHub, folder: Path):
    first = push(hub, folder)
    second = push(hub, folder, tag="champion")
    assert (second.model_revision, second.changed) == (first.model_revision, False)
    assert len(hub.requests_to("/commit/")) == 1


def test_an_old_release_published_again_does_not_become_the_newest(hub: LocalHub, folder: Path):
    push(hub, folder)
    (folder / "MLmodel").write_text("flavors: {new: 1}\n")
    newest = push(hub, folder, tag="v2").model_revision
    (folder / "MLmodel").write_text("flavors: {}\n")
    assert not push(hub, folder).changed
    assert hub.repo(REPO).head.oid == newest


def test_a_file_dropped_from_the_release_is_gone_from_the_hub(hub: LocalHub, folder: Path, tmp_path: Path):
    push(hub, folder)
    (folder / "MLmodel").unlink()
    push(hub, folder, tag="v2")
    found, _ = fetch(hub, tmp_path)
    assert not (found / "MLmodel").exists()


def test_a_tag_of_another_release_is_refused_before_anything_is_uploaded(hub: LocalHub, folder: Path):
    push(hub, folder)
    (folder / "MLmodel").write_text("flavors: {other: 1}\n")
    with pytest.raises(HubError, match="Tag v1 of consortium/credit already names another release"):
        push(hub, folder)
    assert len(hub.requests_to("/commit/")) == 1


def test_a_tag_taken_at_the_last_moment_is_noticed(hub: LocalHub, folder: Path):
    hub.meanwhile("/tag/", lambda: hub.repo(REPO).tags.update(v1="0" * 40))
    with pytest.raises(HubError, match="already names another release"):
        push(hub, folder)


def test_a_commit_by_somebody_else_in_between_is_not_overwritten(hub: LocalHub, folder: Path):
    hub.meanwhile("/preupload/", lambda: commit_by_somebody(hub, note=b"mine"))
    with pytest.raises(HubError, match="somebody else committed at the same moment"):
        push(hub, folder)
    assert "note" in hub.repo(REPO).head.files


def test_a_private_release_does_not_go_to_a_public_repository(hub: LocalHub, folder: Path):
    push(hub, folder, private=False)
    with pytest.raises(HubError, match="is public"):
        push(hub, folder, tag="v2")
