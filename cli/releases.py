"""`fedcredit release ...`."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from credit.errors import RegistryError


def verify_command(folder: Path) -> None:
    """Verify each part of a release against its manifest."""
    from credit.manifest import verify_manifest

    for part in _parts(folder):
        verify_manifest(part)
        Console().print(f"{part}: as its manifest says")


def publish_command(folder: Path, namespace: str, public: bool) -> None:
    """Push a staged release to the Hub."""
    from registry.hub import publish_release

    token = os.environ.get("HF_TOKEN")
    if not token:
        raise RegistryError("HF_TOKEN is not set: give a Hub token with write access in the environment")
    _parts(folder)
    done = publish_release(folder, token=token, namespace=namespace, private=not public)
    Console().print(f"{done.state}: {done.model_url} at {done.model_revision}")


def _parts(folder: Path) -> list[Path]:
    parts = [folder / "model", folder / "dataset"]
    if not all(p.is_dir() for p in parts):
        raise RegistryError(
            f"{folder} is no release folder (it needs model/ and dataset/): see .fedcredit/releases"
        )
    return parts
