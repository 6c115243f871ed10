"""Only what may be shared leaves the house."""

from __future__ import annotations

from pathlib import Path

import pytest

from credit.manifest import ManifestError, write_manifest
from registry.hub import HubError
from tests.hub import LocalHub
from tests.registry.releasing import push


def test_the_released_folder_itself_is_left_as_it_was(hub: LocalHub, folder: Path):
    push(hub, folder)
    assert not (folder / "manifest.json").exists()


@pytest.mark.parametrize(
    "name", ["model.pkl", "model.JOBLIB", "a.pickle", "m.skops", ".env", "run.py", ".git/config"]
)
def test_a_file_that_may_not_be_shared_stops_the_release(hub: LocalHub, folder: Path, name: str):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    with pytest.raises(HubError, match=name):
        push(hub, folder)
    assert hub.requests == []


def test_a_symbolic_link_stops_the_release(hub: LocalHub, folder: Path):
    (folder / "records.csv").symlink_to("/etc/hostname")
    with pytest.raises(HubError, match=r"records\.csv \(a symbolic link"):
        push(hub, folder)


def test_a_release_changed_since_it_was_packed_is_refused(hub: LocalHub, folder: Path):
    write_manifest(folder)
    (folder / "MLmodel").write_text("flavors: {other: 1}\n")
    with pytest.raises(ManifestError, match="MLmodel was changed"):
        push(hub, folder)
