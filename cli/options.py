"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConsortiumFile = Annotated[Path, typer.Option(envvar="CONSORTIUM", help="Who trains together, and how.")]
ContractName = Annotated[
    str, typer.Argument(help="sba, synthetic, credit_score, home_credit, or the path of a contract.")
]
RegisteredModel = Annotated[
    str,
    typer.Option(
        envvar="MODEL",
        help="Registered model, as the end of a run names it; by default the consortium file's.",
    ),
]
