"""`fedcredit package`, and the package a champion is served from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.models import open_registry
from cli.options import RegisteredModel
from credit.errors import FedCreditError
from credit.home import Home

if TYPE_CHECKING:
    from bento.packaging import Continuation


def package_command(
    bank: Annotated[list[str], typer.Argument(help="Aliases of banks whose own models go into it.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The package folder to write.")] = Path(
        "package-with-banks"
    ),
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the package that this command wrote there before.")
    ] = False,
    model: RegisteredModel = "",
) -> None:
    """Package the champion with banks' own models and their calibrations, for those banks to serve.

    A package carries the shared model alone: a bank's own is made of its own records and stays with it.

    [dim]fedcredit package wells-fargo -o .fedcredit/wells-fargo-package[/]
    """
    from bento.packaging import add_continuations
    from credit.models import read_head
    from pipelines.environment import prepare

    home = Home()
    prepare(home)
    _check_output(output, replace)
    console, package = Console(soft_wrap=True), champions_package(home, model)
    family = read_head(package)["family"]
    _check_continued(home, package, family)
    found = {alias: _continuation(home, alias, family) for alias in bank}
    # A run that stored its own models meanwhile stored the shared one first.
    _check_continued(home, package, family)
    own = {alias: continued for alias, continued in found.items() if continued is not None}
    for alias in found.keys() - own.keys():
        console.print(f"{alias} keeps the shared model, which decides for it in every package")
    if not own:
        raise FedCreditError("nothing to add to the champion's package: serve that, with fedcredit serve")
    add_continuations(package, output, own)
    console.print(f"serve it: fedcredit serve --bento {output}, and ask /predict?bank={next(iter(own))}")
    console.print("It holds these banks' own trees: give it to nobody but them.")


def _check_output(output: Path, replace: bool) -> None:
    """Raise FedCreditError where what stands at `output` would be lost that is not to be."""
    from bento.package import BANKS
    from credit.manifest import verify_manifest

    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not (output / BANKS).is_dir():
        raise FedCreditError(
            f"{output} is there already, and no package of this command: name another with -o, or remove it"
        )
    verify_manifest(output)
    if not replace:
        raise FedCreditError(
            f"{output} is there already: name another with -o, or replace that package with --replace"
        )


def _check_continued(home: Home, package: Path, family: str) -> None:
    """Raise FedCreditError where banks continue a model that did not become champion: it did not pass the gate."""
    folder = home.storage / "federated_models" / "value" / "value" / f"{family}.model"
    shared = {file.name: file.read_bytes() for file in folder.glob("*")}
    if not shared or any(
        not (package / name).is_file() or (package / name).read_bytes() != content
        for name, content in shared.items()
    ):
        raise FedCreditError(
            f"the banks' own models continue the last run's shared one, which is not the champion in {package}: "
            "promote its version (fedcredit history names it), or run again"
        )


def _continuation(home: Home, bank: str, family: str) -> Continuation | None:
    """What the bank made of the shared model in the last run; None where it kept that."""
    from bento.packaging import Continuation
    from credit.models import load_model
    from credit.scoring import Scoring

    folder = home.storage / "personal_models" / bank / "value" / f"{family}.model"
    scorings = home.storage / "personal_scoring" / bank / "value.json"
    if not folder.is_dir():
        trained = sorted(path.name for path in (home.storage / "personal_models").glob("*/"))
        raise FedCreditError(
            f"the last run made no model of {bank}'s own in {folder}: name banks of it, "
            f"{', '.join(trained) or 'of which there are none'}"
        )
    if not scorings.is_file():
        raise FedCreditError(f"{bank}'s own model is not calibrated yet: run `make run` once more")
    stored = json.loads(scorings.read_text())["families"]
    scoring = next(f["scoring"] for f in stored if f["family"] == family)
    return None if scoring is None else Continuation(load_model(folder), Scoring.from_dict(scoring))


def champions_package(home: Home, model: str) -> Path:
    """The folder the champion of `model` is served from. Raises FedCreditError where there is none."""
    registry = open_registry(model)
    sitting = registry.champion()
    if sitting is None:
        packaged = sorted(
            {p.name.rpartition("-")[0] for p in home.packages.glob("*-*") if not p.is_symlink()}
        )
        others = f", or serve one of {', '.join(packaged)} with --model" if packaged else ""
        raise FedCreditError(f"{registry.model} has no champion yet: run `make run` first{others}")
    package = home.package(registry.model, sitting.number)
    if not package.is_dir():
        raise FedCreditError(
            f"champion version {sitting.number} is not packaged yet: run `make run` once more"
        )
    return package
