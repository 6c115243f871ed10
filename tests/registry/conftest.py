"""A Hub to publish on, and a release to publish."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry import hub_session
from tests.hub import LocalHub
from tests.hub.client import set_up_client

TOKENS = {"hf_write": "consortium", "hf_read": "consortium", "hf_rival": "rival"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    set_up_client(monkeypatch)
    monkeypatch.setattr(hub_session, "FIRST_WAIT_SECONDS", 0.01)
    with LocalHub(TOKENS, read_only=["hf_read"], large_from=1000) as hub:
        yield hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Credit\n")
    (folder / "MLmodel").write_text("flavors: {}\n")
    (folder / "model.lgb").write_bytes(b"tree\n" * 1000)
    return folder
