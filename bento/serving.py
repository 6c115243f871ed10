"""Starts the scoring service on a Bento or on a package folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from bento.build import SERVICE, quiet_environment
from credit.manifest import verify_manifest

ROOT = Path(__file__).resolve().parent.parent


def serve(target: str | Path, port: int, host: str = "127.0.0.1") -> NoReturn:
    """Become the scoring service of a package folder or a Bento's tag.

    Beyond this machine (`host` 0.0.0.0) it answers only to keys. Raises ManifestError for a damaged folder.
    """
    command, environment = serve_command(target, port, host)
    os.execve(command[0], command, environment)


def serve_command(target: str | Path, port: int, host: str = "127.0.0.1") -> tuple[list[str], dict[str, str]]:
    """The command that serves `target`, and its environment."""
    environment = quiet_environment()
    options = ["--port", str(port), "--host", host]
    folder = Path(target)
    if folder.is_dir():
        verify_manifest(folder)
        environment["FEDCREDIT_PACKAGE"] = str(folder.resolve())
        target, options = SERVICE, [*options, "--working-dir", str(ROOT)]
    return [sys.executable, "-m", "bentoml", "serve", str(target), *options], environment
