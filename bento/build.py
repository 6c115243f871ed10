"""Builds a Bento from a package: the code that serves, the package as plain files, pinned requirements."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

import bento
import credit
from bento.package import Package, read_package
from bento.requirements import SYSTEM, serving_requirements
from bento.shapley.kernel import compile_kernel
from credit.errors import ModelError
from credit.model_name import RULE, is_model_name

SERVICE = "bento.service:CreditScorer"
CODE = (Path(bento.__file__).parent, Path(credit.__file__).parent)

SETUP = """#!/bin/sh
set -e
{skip}apt-get update
apt-get install -y --no-install-recommends {packages}
rm -rf /var/lib/apt/lists/*
"""


def build_bento(package: Path) -> str:
    """Build a Bento of `package` into the store under BENTOML_HOME, and return its tag.

    It has the registered model's name. Its version follows from package and code: what was built before is found
    again, and becomes the newest of its model. Raises ModelError where the package is damaged, its model's name is
    none for a Bento, or BentoML refuses.
    """
    read = read_package(package)
    name, version = read.version.model, f"v{read.version.version}-{_digest(package)}".lower()
    if not is_model_name(name):
        raise ModelError(
            f"no Bento can be named as the model {name!r} ({RULE}): serve its package, with fedcredit serve --bento "
            f"{package}"
        )
    built = _store() / name / version
    if built.is_dir():
        (built.parent / "latest").write_text(version)
        return f"{name}:{version}"
    with tempfile.TemporaryDirectory(prefix="fedcredit-bento-") as folder:
        context = Path(folder)
        _lay_out(context, package)
        (context / "bentofile.yaml").write_text(yaml.safe_dump(bentofile(read), sort_keys=False))
        if _needs_setup(read):
            (context / "setup.sh").write_text(_setup(read))
        _run_build(context, version)
    return f"{name}:{version}"


def bentofile(package: Package) -> dict[str, Any]:
    """What BentoML is told of a package."""
    version = package.version
    return {
        "service": SERVICE,
        "name": version.model,
        "description": _description(package),
        "labels": {
            "model": version.model,
            "model-version": version.version,
            "family": version.family,
            "contract": f"{version.contract.name}-{version.contract.version}",
        },
        "include": ["bento/", "credit/", "package/"],
        "python": {
            "packages": serving_requirements(package.library, package.compiled),
            "lock_packages": False,
        },
        "docker": {"setup_script": "setup.sh"} if _needs_setup(package) else {},
    }


def _needs_setup(package: Package) -> bool:
    """Whether a library of the image needs packages of the system."""
    return not SYSTEM.keys().isdisjoint((package.library, package.compiled))


def _setup(package: Package) -> str:
    """Installs what the library needs; where the kernel stands for it, on other machines than this kind alone."""
    library = package.library or package.compiled or ""
    skip = "" if package.library else f'[ "$(uname -m)" = {platform.machine()} ] && exit 0\n'
    return SETUP.format(skip=skip, packages=" ".join(SYSTEM[library]))


def _description(package: Package) -> str:
    version, contract = package.version, package.contract
    return (
        f"# {version.model} version {version.version}\n\n"
        f"Scores applicants of **{contract.title}** (contract `{contract.name}` version {contract.version}) "
        f"with one {version.family} model that {len(version.data) or 'several'} banks trained together"
        f"{f' ({version.strategy})' if version.strategy else ''}.\n\n"
        "`POST /predict` takes an applicant's fields as JSON; `GET /` shows the whole API.\n"
    )


def _digest(package: Path) -> str:
    """Eight hex digits of everything that goes into the Bento."""
    digest = hashlib.sha256((package / "manifest.json").read_bytes())
    for file in sorted(f for folder in CODE for f in folder.rglob("*") if f.suffix in (".py", ".c")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def _lay_out(context: Path, package: Path) -> None:
    unneeded = shutil.ignore_patterns("__pycache__", "contracts")
    for folder in CODE:
        shutil.copytree(folder, context / folder.name, ignore=unneeded)
    shutil.copytree(package, context / "package")
    compile_kernel(context / "bento" / "shapley")


def _run_build(context: Path, version: str) -> None:
    # In a process of its own: building changes the working directory and imports the service.
    command = [
        sys.executable,
        "-m",
        "bentoml",
        "build",
        "--version",
        version,
        "--output",
        "tag",
        str(context),
    ]
    done = subprocess.run(
        command, cwd=context, env=quiet_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise ModelError(f"BentoML could not build the Bento: {lines[-1] if lines else 'no message'}")


def built_bentos() -> list[Path]:
    """The folders store/NAME/VERSION of the Bentos that were built, the newest first."""
    built = [file.parent for file in _store().glob("*/*/bento.yaml")]
    return sorted(built, key=lambda folder: folder.stat().st_mtime, reverse=True)


def _store() -> Path:
    home = os.environ.get("BENTOML_HOME")
    return (Path(home) if home else Path.home() / "bentoml") / "bentos"


def quiet_environment() -> dict[str, str]:
    """This process's environment for BentoML: no usage tracking."""
    return {**os.environ, "BENTOML_DO_NOT_TRACK": "True"}
