"""Starts the scoring service on a Bento or on a package folder."""

from __future__ import annotations

import sys
from pathlib import Path

from bento.build import SERVICE, built_bentos, quiet_environment
from credit.errors import ModelError
from credit.manifest import verify_manifest

MOST_NAMED = 5
ROOT = Path(__file__).resolve().parent.parent


def serve_command(target: str | Path, port: int, host: str = "127.0.0.1") -> tuple[list[str], dict[str, str]]:
    """The command that serves a package folder or a Bento's tag, and its environment.

    Beyond this machine (`host` 0.0.0.0) the service answers only to keys. Raises ManifestError for a damaged
    folder, ModelError where there is neither such a folder nor such a Bento.
    """
    environment = quiet_environment()
    options = ["--port", str(port), "--host", host]
    folder = Path(target)
    if folder.is_dir():
        verify_manifest(folder)
        environment["FEDCREDIT_PACKAGE"] = str(folder.resolve())
        target, options = SERVICE, [*options, "--working-dir", str(ROOT)]
    else:
        _check_built(str(target))
    return [sys.executable, "-m", "bentoml", "serve", str(target), *options], environment


def _check_built(tag: str) -> None:
    """Raise ModelError, naming what there is, where no Bento of this tag was built."""
    name, _, version = tag.partition(":")
    built = [f"{folder.parent.name}:{folder.name}" for folder in built_bentos()]
    if tag in built or (version in ("", "latest") and any(b.startswith(f"{name}:") for b in built)):
        return
    there = f"the newest Bentos are {', '.join(built[:MOST_NAMED])}" if built else "no Bento was built yet"
    raise ModelError(f"there is no Bento and no package folder {tag!r}: {there}")
