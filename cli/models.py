"""`fedcredit history`, `fedcredit promote`."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from credit.errors import RegistryError
from credit.home import Home


def history_command(model: str) -> None:
    """Print every verdict on the registered model, oldest first."""
    registry = _registry(model)
    table = Table("when", "who", "version", "became", "why", title=f"champions of {registry.model}")
    for event in registry.history():
        table.add_row(event.when[:19].replace("T", " "), event.who, event.version, event.alias, event.why)
    Console().print(table)


def promote_command(version: str, override: str, model: str) -> None:
    """Make `version` champion by a person's decision."""
    if not override.strip():
        raise RegistryError('promoting by hand needs a reason: --override "why"')
    registry = _registry(model)
    sitting = registry.champion()
    done = registry.crown(version, f"by hand: {override.strip()}")
    former = f", was version {sitting.number}" if sitting else ""
    Console().print(
        f"champion of {registry.model}: version {done.number}{former}. Repackage with `make run`."
    )


def _registry(model: str):
    from federated.consortium import load_consortium
    from pipelines.environment import prepare
    from registry.promotion import Registry
    from registry.tracking import Tracking

    home = Home()
    prepare(home)
    name = model or load_consortium(Path(os.environ.get("CONSORTIUM", "consortium.yaml"))).model
    return Registry(Tracking(home.tracking_uri, home.root / "mlartifacts"), name, home.root / f"{name}.lock")
