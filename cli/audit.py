"""`fedcredit audit ...`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Column, Table

from cli.models import open_registry


def verify_command(log: str | None, model: str) -> None:
    """Verify the chain of promotions and, where one is named, of a decision log."""
    console, registry = Console(soft_wrap=True), open_registry(model)
    console.print(f"{registry.verify():,} promotions of {registry.model}: as they were recorded")
    if log is not None:
        from bento.decision_log import verify_log

        console.print(f"{verify_log(log):,} decisions in {log}: as they were recorded")


def trace_command(request: str, log: str, model: str) -> None:
    """From one decision back to the banks' data, past both hash chains."""
    from bento.decision_log import decision_on
    from registry.audit import trace

    registry = open_registry(model)
    found = trace(decision_on(log, request), registry)
    registry.verify()
    console = Console()
    for title, facts in found.parts().items():
        # Hashes are there to be compared: they fold, and are never cut.
        table = Table("what", Column("which", overflow="fold"), title=title, title_justify="left")
        for name, value in facts.items():
            table.add_row(name, value)
        console.print(table)
    console.print("the log up to this decision, and the promotions: as they were recorded")
