"""`fedcredit contract ...`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from credit.contract import load_contract
from credit.home import Home


def show_command(name: str) -> None:
    """Print a contract's columns."""
    contract = load_contract(name)
    title = f"{contract.title} (contract {contract.name} v{contract.version}, {contract.fingerprint[:12]})"
    table = Table("name", "from", "role", "meaning", "unit or levels", title=title)
    for field in contract.fields.values():
        levels = f"{len(field.levels)} levels" if field.levels else field.unit
        table.add_row(
            field.name,
            getattr(field, "source", None) or getattr(field, "sql", ""),
            field.role,
            field.title,
            levels,
        )
    Console().print(table)


def check_command(name: str) -> None:
    """Ingest a contract's data and print what would go to quarantine."""
    from credit.ingestion import ingest
    from credit.sources import raw_records

    contract, console = load_contract(name), Console()
    with console.status("reading"):
        raw = raw_records(name, Home().data)
    with console.status(f"checking {raw.rows:,} records"):
        ingestion = ingest(raw.read(), contract)
    table = Table(
        "bank",
        "reason",
        "records",
        title=f"quarantine: {ingestion.quarantine.height:,} of {ingestion.rows:,} records",
    )
    for bank, reason, records in ingestion.reasons().head(40).iter_rows():
        table.add_row(bank or "unnamed", reason, f"{records:,}")
    console.print(table)
    for column, count in ingestion.mended.items():
        console.print(f"{column}: {count:,} values outside the book taken as missing")
