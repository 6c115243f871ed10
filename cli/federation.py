"""`fedcredit federation ...`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table


def banks_command(path: Path) -> None:
    """Print the consortium's banks and terms."""
    from federated.consortium import load_consortium

    consortium = load_consortium(path)
    table = Table("alias", "name in the records", title=f"{consortium.name}: {len(consortium.banks)} banks")
    for bank in consortium.banks:
        table.add_row(bank.alias, bank.name)
    console = Console()
    console.print(table)
    cap = (
        f"at most {consortium.records_per_bank:,} records a bank"
        if consortium.records_per_bank
        else "all records"
    )
    console.print(
        f"data set {consortium.dataset}, {cap}; {', '.join(consortium.families)} by {consortium.strategy}, "
        f"{consortium.rounds} rounds, quorum {consortium.quorum:.0%}, seed {consortium.seed}"
    )
