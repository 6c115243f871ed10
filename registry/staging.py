"""A release as it may leave the house: only files that are known to be safe to share and to load."""

from __future__ import annotations

import shutil
from pathlib import Path

from credit.manifest import NAME, verify_manifest, write_manifest
from registry.hub_session import HubError

PICKLES = {".pkl", ".pickle", ".joblib", ".skops"}
ALLOWED_NAMES = {"MLmodel", "LICENSE"}
ALLOWED_SUFFIXES = {
    *(".cb", ".cbm", ".lgb", ".npz"),
    *(".csv", ".json", ".parquet", ".toml", ".yaml", ".yml"),
    *(".html", ".md", ".pdf", ".png", ".svg", ".txt"),
}


def stage(folder: Path, into: Path) -> Path:
    """Copy a release to `into` and make sure it has a manifest.

    Raises HubError naming every file that may not be published, ManifestError if the release has a
    manifest that no longer fits.
    """
    if not folder.is_dir():
        raise HubError(f"There is nothing to publish: {folder} is not a folder.")
    refused = [
        f"{path.relative_to(folder)} ({reason})" for path in _all(folder) if (reason := _reason(path, folder))
    ]
    if refused:
        raise HubError(f"{folder} can't be published. Remove these from it: {', '.join(refused)}.")
    shutil.copytree(folder, into)
    if (into / NAME).exists():
        verify_manifest(into)
    else:
        write_manifest(into)
    return into


def _all(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def _reason(path: Path, folder: Path) -> str | None:
    """Why a file may not be published, None if it may."""
    if path.is_symlink():
        return "a symbolic link can lead out of the release"
    if any(part.startswith(".") for part in path.relative_to(folder).parts):
        return "hidden files may hold secrets"
    if path.suffix.lower() in PICKLES:
        return "a pickle runs code when it is loaded"
    if path.name not in ALLOWED_NAMES and path.suffix.lower() not in ALLOWED_SUFFIXES:
        return "a kind of file that is not part of a release"
    return None
