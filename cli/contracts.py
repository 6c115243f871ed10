"""`fedcredit contract ...`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from credit.contract import load_contract
from credit.home import Home

if TYPE_CHECKING:
    from credit.streaming import FileIngestion

MOST_FAULTS = 40


def show_command(name: str) -> None:
    """Print a contract's columns."""
    contract = load_contract(name)
    title = f"{contract.title} (contract {contract.name} v{contract.version}, {contract.fingerprint[:12]})"
    table = Table("name", "from", "role", "meaning", "unit or levels", title=title)
    for field in contract.fields.values():
        levels = f"{len(field.levels)} levels" if field.levels else field.unit
        origin = getattr(field, "source", None) or getattr(field, "sql", "")
        table.add_row(field.name, origin, field.role, field.title, levels)
    Console().print(table)


def draft_command(source: str, output: Path, target: str) -> None:
    """Propose a contract for a file or database table and print why each column is what it is."""
    from credit.drafting import draft_contract
    from credit.errors import DataError
    from credit.files import whole_file
    from credit.sources import own_records

    console = Console()
    if output.exists():
        raise DataError(f"{output} is there already: name another file with -o, or remove it")
    name = re.sub(r"[^a-z0-9]+", "_", output.stem.lower()).strip("_") or "own"
    with console.status("reading"):
        raw, data = own_records(source, Home().data, output.resolve().parent)
        draft = draft_contract(raw, name if name[0].isalpha() else f"own_{name}", data, target)
    with whole_file(output) as aside:
        aside.write_text(draft.text)
    table = Table("column", "role", "read as", "because", title=f"{output}: {raw.rows:,} records")
    for p in draft.proposals:
        table.add_row(p.profile.source, p.role, p.profile.parse, p.notes())
    console.print(table)
    console.print(f"Edit {output}, then: fedcredit contract check {output}", soft_wrap=True)


def check_command(name: str) -> None:
    """Ingest a contract's data and print what would go to quarantine, where first, and what leaks."""
    from credit.sources import own_data, raw_records
    from credit.streaming import ingest_file

    contract, home, console = load_contract(name), Home(), Console()
    with console.status("reading"):
        raw = raw_records(name, home.data)
    quarantine = home.quarantine / contract.name / "checked.parquet"
    with console.status(f"checking {raw.rows:,} records"):
        done = ingest_file(raw, contract, quarantine, lambda records: _kept(records, name))
    data = own_data(name)
    console.print(_quarantine_table(done, quarantine, of_lines=data is None or data.is_one_csv()))
    for column, count in done.mended.items():
        if count:
            console.print(f"{column}: {count:,} values outside the book or range taken as missing")
    rates = ", ".join(f"{c} {done.outcomes[i]:,}" for i, c in enumerate(contract.classes))
    console.print(f"{done.kept:,} of {done.rows:,} records kept: {rates}")
    _print_leaks(done, name, console)


def _kept(records, name: str):
    from credit.splits import with_parts
    from credit.streaming import compact

    contract = load_contract(name)
    return compact(with_parts(records, contract, 0), contract, "part")


def _quarantine_table(done: FileIngestion, quarantine: Path, of_lines: bool) -> Table:
    import polars as pl

    from credit.features import ROW
    from credit.quarantine import REASON

    bad = pl.scan_parquet(quarantine)
    # The header is line 1, the first record line 2.
    first = (pl.min(ROW) + (2 if of_lines else 1)).alias("line")
    faults = bad.group_by(REASON).agg(pl.len().alias("records"), first)
    found = faults.sort("records", REASON, descending=[True, False]).head(MOST_FAULTS).collect()
    table = Table(
        "reason",
        "records",
        "first at line" if of_lines else "first record",
        title=f"quarantine: {done.quarantined:,} of {done.rows:,} records",
    )
    for reason, records, line in found.iter_rows():
        table.add_row(reason, f"{records:,}", f"{line:,}")
    return table


def _print_leaks(done: FileIngestion, name: str, console: Console) -> None:
    import polars as pl

    from credit.leaks import leak_findings

    contract = load_contract(name)
    sizes = dict(done.records.group_by("part").len().iter_rows())
    parts = ", ".join(f"{part} {sizes.get(part, 0):,}" for part in ("train", "validation", "test"))
    console.print(f"split by {contract.split.by}: {parts}")
    if not sizes.get("train"):
        console.print("[red]no record falls into the training part: correct `split`[/]")
    for finding in leak_findings(done.records.filter(pl.col("part") == "train"), contract.features):
        if finding.blocks:
            console.print(
                f"[red]{finding.column}: {finding.check} ranks outcomes with AUC {finding.value:.3f} (limit "
                f"{finding.limit:.2f}): a leak? Give it the role leak[/]"
            )
