"""`fedcredit audit ...`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from cli.models import open_registry
from cli.options import RegisteredModel
from registry.history import CHAMPION

app = typer.Typer(no_args_is_help=True, help="Audit: nothing was changed, and where a decision came from.")

LogFile = Annotated[
    str | None,
    typer.Option(
        envvar="FEDCREDIT_DECISION_LOG", help="The service's decision log: a file or postgresql:// URL."
    ),
]


@app.command("verify")
def verify_command(
    log: LogFile = None,
    holds: Annotated[
        str,
        typer.Option(help="The newest link that an earlier check of the log told; it must still be there."),
    ] = "",
    model: RegisteredModel = "",
) -> None:
    """Verify the hash chains of the registry's history and, where a log is named, of decisions.

    Keep the newest link apart from the log: only by it does a later check show that the newest decisions are gone.

    [dim]fedcredit audit verify --log decisions.db[/]
    """
    console, registry = Console(soft_wrap=True), open_registry(model)
    verdicts, crowned = registry.verify(), sum(e.alias == CHAMPION for e in registry.history())
    console.print(
        f"{verdicts:,} verdicts on versions of {registry.model}, of which {crowned:,} made a champion: "
        "as they were recorded"
    )
    if log is not None:
        from bento.decision_log import verify_log

        decisions, newest = verify_log(log, holds)
        console.print(f"{decisions:,} decisions in {log}: as they were recorded, if these are all")
        console.print(f"the newest one's link, for --holds of a later check: {newest or 'none yet'}")


@app.command("trace")
def trace_command(
    request: Annotated[
        str,
        typer.Argument(help="The answer's X-Request-ID; of a batch the id beside the decision."),
    ],
    log: LogFile = None,
    model: RegisteredModel = "",
) -> None:
    """Lead one decision back to its model, contract, run and the banks' data fingerprints.

    The log is by default decisions.db.

    [dim]fedcredit audit trace 1f6c0d9e --log decisions.db[/]
    """
    from bento.decision_log import decision_on
    from registry.audit import trace

    registry = open_registry(model)
    found = trace(decision_on(log or "decisions.db", request), registry)
    registry.verify()
    console = Console()
    for title, facts in found.parts().items():
        # Hashes are there to be compared: they fold, and are never cut.
        table = Table("what", Column("which", overflow="fold"), title=title, title_justify="left")
        for name, value in facts.items():
            table.add_row(name, value)
        console.print(table)
    console.print("the log up to this decision, and the verdicts on versions: as they were recorded")
