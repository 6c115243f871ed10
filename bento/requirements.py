"""The packages a scoring image needs, pinned to the versions the package was tested with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOTS = ("bentoml", "httptools", "numpy", "prometheus-client", "pydantic", "pyyaml", "uvloop")
LIBRARIES = {"lightgbm": ("lightgbm",), "catboost": ("catboost",), "logistic": ()}
SYSTEM = {"lightgbm": ("libgomp1",), "catboost": (), "logistic": ()}


def serving_requirements(family: str) -> list[str]:
    """`name==version` of everything that serving a model of `family` imports, and what that needs in turn."""
    found: dict[str, str] = {}
    for name in (*ROOTS, *LIBRARIES[family]):
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
