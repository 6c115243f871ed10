"""The packages a scoring image needs, pinned to the versions the package was tested with."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOTS = (
    "arro3-core", "arro3-io", "bentoml", "httptools", "numpy", "prometheus-client", "psycopg", "psycopg-binary",
    "pydantic", "pyyaml", "uvloop",
)  # fmt: skip
SYSTEM = {"lightgbm": ("libgomp1",)}


def serving_requirements(library: str | None, elsewhere: str | None = None) -> list[str]:
    """`name==version` of what serving imports, with the native `library` if one is needed, and what that needs.

    On another kind of machine than this one the library `elsewhere` is needed too.
    """
    found = _collected((*ROOTS, library) if library else ROOTS)
    more = _collected((elsewhere,) if elsewhere else ())
    here = f'sys_platform != "{sys.platform}" or platform_machine != "{platform.machine()}"'
    lines = [f"{name}=={version}" for name, version in found.items()]
    lines += [f"{name}=={version}; {here}" for name, version in more.items() if name not in found]
    return sorted(lines)


def _collected(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        _collect(name, frozenset(), found)
    return found


def _collect(name: str, extras: frozenset[str], found: dict[str, str]) -> None:
    name = canonicalize_name(name)
    if name in found and not extras:
        return
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        return
    found[name] = installed.version
    for text in installed.requires or ():
        needed = Requirement(text)
        if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in ("", *extras)):
            _collect(needed.name, frozenset(needed.extras), found)
