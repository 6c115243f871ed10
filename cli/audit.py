"""`fedcredit audit ...`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.models import open_registry


def verify_command(log: Path | None, model: str) -> None:
    """Verify the chain of promotions and, where one is named, of a decision log."""
    console, registry = Console(soft_wrap=True), open_registry(model)
    console.print(f"{registry.verify():,} promotions of {registry.model}: as they were recorded")
    if log is not None:
        from bento.decision_log import verify_log

        console.print(f"{verify_log(log):,} decisions in {log}: as they were recorded")


def trace_command(request: str, log: Path, model: str) -> None:
    """From one decision back to the banks' data."""
    from registry.audit import trace

    found = trace(log, request, open_registry(model))
    console = Console(soft_wrap=True)
    for title, facts in found.parts().items():
        table = Table("what", "which", title=title, title_justify="left")
        for name, value in facts.items():
            table.add_row(name, value)
        console.print(table)
