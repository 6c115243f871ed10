"""The real Hub client, set up as its environment variables would at import."""

from __future__ import annotations

import os
import warnings

import pytest


def set_up_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Xet, which the local Hub does not speak, and no login that this machine may have."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    # The client's own way of sending large files is deprecated by the library below it.
    warnings.filterwarnings("ignore", "Use 'content=", DeprecationWarning)


def client_environment(endpoint: str, home: str) -> dict[str, str]:
    """The same for a process of its own, which then knows no other Hub."""
    settings = {"HF_ENDPOINT": endpoint, "HF_HOME": home, "HF_HUB_DISABLE_XET": "1"}
    return {**os.environ, **settings, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
