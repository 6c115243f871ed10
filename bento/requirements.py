"""The packages a scoring image needs, pinned to the versions the package was tested with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOTS = ("bentoml", "httptools", "numpy", "prometheus-client", "pydantic", "pyyaml", "uvloop")
SYSTEM = {"lightgbm": ("libgomp1",)}


def serving_requirements(library: str | None) -> list[str]:
    """`name==version` of what serving imports, with the native `library` if one is needed, and what that needs."""
    found: dict[str, str] = {}
    for name in (*ROOTS, library) if library else ROOTS:
        _collect(name, frozenset(), found)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


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
