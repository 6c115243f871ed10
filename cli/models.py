"""`fedcredit history`, `fedcredit promote`, `fedcredit rollback`."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.options import RegisteredModel
from credit.errors import FedCreditError, RegistryError
from credit.home import Home

if TYPE_CHECKING:
    from registry.promotion import Registry, Version


def history_command(
    on: Annotated[str, typer.Option(help="A date: who was champion at its end.")] = "",
    model: RegisteredModel = "",
) -> None:
    """Every verdict on a version: who became champion or stayed challenger, when, and why.

    [dim]fedcredit history --on 2026-11-22[/]
    """
    registry = open_registry(model)
    if on:
        Console().print(_champion_on(registry, on))
        return
    head = ("when", "who", "by", "version", "became", "why")
    table = Table(*head, title=f"verdicts on versions of {registry.model}")
    for e in registry.history():
        table.add_row(e.when[:19].replace("T", " "), e.who, e.action, e.version, e.alias, e.why)
    Console().print(table)


def _champion_on(registry: Registry, on: str) -> str:
    from registry.history import champion_on

    try:
        moment = (
            datetime.combine(date.fromisoformat(on), time.max, UTC)
            if len(on) == 10
            else datetime.fromisoformat(on)
        )
    except ValueError as error:
        raise RegistryError(
            f"--on {on!r} is no date: give 2026-11-22 or 2026-11-22T09:30:00+00:00"
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    event = champion_on(registry.history(), moment)
    if event is None:
        return f"{registry.model} had no champion on {on}"
    since = event.when[:19].replace("T", " ")
    return f"on {on}: version {event.version}, champion since {since} UTC by {event.action} of {event.who}: {event.why}"


def promote_command(
    version: Annotated[str, typer.Argument(help="Version to make champion.")],
    override: Annotated[str, typer.Option(help="The reason, which is recorded.")],
    model: RegisteredModel = "",
) -> None:
    """Make a version champion by hand, whatever the gate said; the reason is recorded.

    [dim]fedcredit promote 3 --override "champion 4 refuses too many new firms"[/]
    """
    if not override.strip():
        raise RegistryError('promoting by hand needs a reason: --override "why"')
    registry = open_registry(model)
    _say(registry, registry.champion(), registry.override(version, override.strip()))


def rollback_command(
    why: Annotated[str, typer.Option(help="The reason, which is recorded.")], model: RegisteredModel = ""
) -> None:
    """Make the champion before this one champion again.

    [dim]fedcredit rollback --why "version 4 refuses too many new firms"[/]
    """
    if not why.strip():
        raise RegistryError('a rollback needs a reason: --why "..."')
    registry = open_registry(model)
    _say(registry, registry.champion(), registry.rollback(why.strip()))


def _say(registry: Registry, former: Version | None, now: Version) -> None:
    """Tell who is champion, package a version that never was, and point watching services at it."""
    from registry.champion_link import link_champion

    home, console = Home(), Console(soft_wrap=True)
    was = f", was version {former.number}" if former else ""
    console.print(f"champion of {registry.model}: version {now.number}{was}")
    package = home.package(registry.model, now.number)
    if not package.is_dir():
        _package(registry, now, home, console)
    link_champion(registry, home)
    console.print(f"serve it: fedcredit serve --bento {package}")


def _package(registry: Registry, version: Version, home: Home, console: Console) -> None:
    """Package the sitting champion from what the last run left. Raises RegistryError saying what to run instead."""
    again = "it is champion, but not packaged, so nothing serves it yet: run `make run` with its data set and banks"
    consortium = _consortium_of(registry.model, home)
    if consortium is None:
        raise RegistryError(
            f"no consortium file here is about {registry.model}; version {version.number}: {again}"
        )
    os.environ["CONSORTIUM"] = str(consortium)
    from pipelines.running import package_champion
    from pipelines.turn import turn

    try:
        with turn(home, "packaging of the champion", console.print):
            package_champion(home)
    except FedCreditError as error:
        raise RegistryError(f"version {version.number}: {error}; {again}") from error


def _consortium_of(model: str, home: Home) -> Path | None:
    """The consortium file of a registered model: the chosen one, or one that a run drafted."""
    from federated.consortium import load_consortium

    files = [_consortium_file(), *sorted((home.root / "consortia").glob("*.yaml"))]
    return next((f.resolve() for f in files if load_consortium(f).model == model), None)


def _consortium_file() -> Path:
    return Path(os.environ.get("CONSORTIUM", "consortium.yaml"))


def open_registry(model: str) -> Registry:
    """The registry of `model`, by default of the consortium's. Raises RegistryError where it has no version."""
    from federated.consortium import load_consortium
    from pipelines.environment import prepare
    from registry.promotion import Registry
    from registry.tracking import Tracking

    home = Home()
    prepare(home)
    name = model or load_consortium(_consortium_file()).model
    tracking = Tracking(home.tracking_uri, home.root / "mlartifacts")
    registry = Registry(tracking, name, home.root / f"{name}.lock")
    registry.check_registered()
    return registry
