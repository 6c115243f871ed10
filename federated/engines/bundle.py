"""The app bundle that the coordinator submits, and by whose sha256 a bank knows it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from federated.engines._flower_internals import build_bundle

PROJECT = """\
[project]
name = "fedcredit"
version = "{version}"
description = "Stands for the code of this fingerprint, which every bank has installed: {code}"
license = "Apache-2.0"
dependencies = ["flwr==1.41.0"]

[tool.flwr.app]
publisher = "fedcredit"

[tool.flwr.app.components]
serverapp = "nothing:app"
clientapp = "nothing:app"

[tool.flwr.app.config]
"""
EMPTY = b'"""No code travels: a bank answers by what it has installed."""\n'


@cache
def app_bundle() -> bytes:
    """The bundle of the installed code; the same code gives the same bytes on every machine.

    It carries no program. It names the fingerprint of `federated` and `credit`, so that coordinator and
    banks with different code refuse each other.
    """
    project = PROJECT.format(version=version("fedcredit"), code=_fingerprint())
    return build_bundle({"pyproject.toml": project.encode(), "nothing.py": EMPTY})


def bundle_sha256() -> str:
    """The sha256 of `app_bundle`, as an allow-list holds it."""
    return hashlib.sha256(app_bundle()).hexdigest()


def _fingerprint() -> str:
    """The sha256 over the Python files of the rooms that a bank runs."""
    found = hashlib.sha256()
    root = Path(__file__).parents[2]
    for path in sorted(p for room in ("credit", "federated") for p in (root / room).rglob("*.py")):
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()
