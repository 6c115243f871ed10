"""What the tests of publication share: names, and short ways to publish and fetch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from registry.hub import Publication, download, publish
from tests.hub import Blob, LocalHub

REPO, DATA, SPACE = "consortium/credit", "consortium/loans", "consortium/app"


def push(hub: LocalHub, folder: Path, **changes: Any) -> Publication:
    order = {"token": "hf_write", "dataset_folder": None, "dataset_repo": None, "tag": "v1"}
    return publish(folder, REPO, **{**order, "endpoint": hub.endpoint, **changes})


def fetch(
    hub: LocalHub, into: Path, revision: str | None = None, token: str | None = "hf_write"
) -> tuple[Path, str]:
    return download(REPO, revision, into, endpoint=hub.endpoint, token=token)


def commit_by_somebody(hub: LocalHub, **files: bytes) -> None:
    repo = hub.repo(REPO)
    blobs = {name: Blob(data) for name, data in files.items()}
    repo.commit("main", {**repo.head.files, **blobs}, "theirs", "rival")
