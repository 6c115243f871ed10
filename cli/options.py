"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConsortiumFile = Annotated[Path, typer.Option(envvar="CONSORTIUM", help="Who trains together, and how.")]
ContractName = Annotated[str, typer.Argument(help="A shipped name or a path.")]
RegisteredModel = Annotated[
    str, typer.Option(envvar="MODEL", help="Registered model; by default the consortium file's.")
]
