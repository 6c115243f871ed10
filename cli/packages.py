"""`fedcredit package`, and the package a champion is served from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.models import open_registry
from cli.options import RegisteredModel
from credit.errors import FedCreditError
from credit.home import Home


def package_command(
    bank: Annotated[list[str], typer.Argument(help="Aliases of banks whose continuations go into it.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The package folder to write.")] = Path(
        "package-with-banks"
    ),
    model: RegisteredModel = "",
) -> None:
    """Package the champion with banks' own continuations, for those banks to serve.

    A package carries the shared model alone: a bank's continuation is made of its own records and stays with it.

    [dim]fedcredit package wells-fargo -o wells-fargo-package[/]
    """
    from bento.packaging import add_continuations
    from credit.models import load_model, read_head
    from pipelines.environment import prepare

    home = Home()
    prepare(home)
    package = champions_package(home, model)
    family = read_head(package)["family"]
    own = {alias: load_model(_continuation(home, alias, family)) for alias in bank}
    add_continuations(package, output, own)
    console = Console(soft_wrap=True)
    console.print(f"serve it: fedcredit serve --bento {output}, and ask /predict?bank={bank[0]}")
    console.print("It holds these banks' own trees: give it to nobody but them.")


def _continuation(home: Home, bank: str, family: str) -> Path:
    folder = home.storage / "personal_models" / bank / "value" / f"{family}.model"
    if not folder.is_dir():
        raise FedCreditError(
            f"there is no continuation of {bank} in {folder}: is it an alias of the consortium?"
        )
    return folder


def champions_package(home: Home, model: str) -> Path:
    """The folder the champion of `model` is served from. Raises FedCreditError where there is none."""
    registry = open_registry(model)
    sitting = registry.champion()
    if sitting is None:
        packaged = sorted({p.name.rpartition("-")[0] for p in home.packages.glob("*-*")})
        others = f", or serve one of {', '.join(packaged)} with --model" if packaged else ""
        raise FedCreditError(f"{registry.model} has no champion yet: run `make run` first{others}")
    package = home.package(registry.model, sitting.number)
    if not package.is_dir():
        raise FedCreditError(
            f"champion version {sitting.number} is not packaged yet: run `make run` once more"
        )
    return package
