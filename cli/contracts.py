"""`fedcredit contract ...`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.options import ContractName
from credit.home import Home

if TYPE_CHECKING:
    from credit.contract import Contract
    from credit.streaming import FileIngestion

MOST_FAULTS = 40
DEFAULT_CONSORTIUM = Path("consortium.yaml")
SeedFile = Annotated[
    Path, typer.Option("--consortium", envvar="CONSORTIUM", help="Whose seed splits, as its runs will.")
]

app = typer.Typer(no_args_is_help=True, help="Contracts: what a data set is.")


@app.command("show")
def show_command(contract: ContractName = "sba") -> None:
    """Show a contract's columns: where each comes from, what it means, what it may be used for.

    [dim]fedcredit contract show home_credit[/]
    """
    from credit.contract import load_contract

    shown = load_contract(contract)
    title = f"{shown.title} (contract {shown.name} v{shown.version}, {shown.fingerprint[:12]})"
    table = Table("name", "from", "role", "meaning", "unit or levels", title=title)
    for field in shown.fields.values():
        levels = f"{len(field.levels)} levels" if field.levels else field.unit
        origin = getattr(field, "source", None) or getattr(field, "sql", "")
        table.add_row(field.name, origin, field.role, field.title, levels)
    Console().print(table)


@app.command("draft")
def draft_command(
    data: Annotated[str, typer.Argument(help="CSV, CSV.gz or Parquet (or a glob), or DATABASE_URL#table.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The contract file to write.")] = Path(
        "contract.yaml"
    ),
    target: Annotated[
        str, typer.Option(help="The column of the outcome, where it isn't found by itself.")
    ] = "",
    consortium: SeedFile = DEFAULT_CONSORTIUM,
) -> None:
    """Propose a contract for own data: types, ranges, roles, likely leaks, each with its reason.

    [dim]fedcredit contract draft loans.csv -o loans.yaml --target Status[/]
    """
    from credit.drafting import draft_contract
    from credit.errors import DataError
    from credit.files import whole_file
    from credit.sources import own_records

    console = Console()
    if output.exists():
        raise DataError(f"{output} is there already: name another file with -o, or remove it")
    name = re.sub(r"[^a-z0-9]+", "_", output.stem.lower()).strip("_") or "own"
    with console.status("reading"):
        raw, section = own_records(data, Home().data, output.resolve().parent)
        own = name if name[0].isalpha() else f"own_{name}"
        draft = draft_contract(raw, own, section, target, _seed(consortium))
    with whole_file(output) as aside:
        aside.write_text(draft.text)
    table = Table("column", "role", "read as", "because", title=f"{output}: {raw.rows:,} records")
    for p in draft.proposals:
        table.add_row(p.profile.source, p.role, p.profile.parse, p.notes())
    console.print(table)
    console.print(f"Edit {output}, then: fedcredit contract check {output}", soft_wrap=True)


@app.command("check")
def check_command(contract: ContractName = "sba", consortium: SeedFile = DEFAULT_CONSORTIUM) -> None:
    """Check a contract against its data and say what would go to quarantine, and why.

    [dim]fedcredit contract check loans.yaml[/]
    """
    from credit.contract import load_contract
    from credit.sources import raw_records
    from credit.streaming import ingest_file

    checked, home, console, seed = load_contract(contract), Home(), Console(), _seed(consortium)
    with console.status("reading"):
        raw = raw_records(contract, home.data)
    quarantine = home.quarantine / checked.name / "checked.parquet"
    with console.status(f"checking {raw.rows:,} records"):
        done = ingest_file(raw, checked, quarantine, lambda records: _kept(records, checked, seed))
    console.print(_quarantine_table(done, quarantine, of_lines=raw.are_lines()))
    for column, count in done.mended.items():
        if count:
            console.print(f"{column}: {count:,} values outside the book or range taken as missing")
    rates = ", ".join(f"{c} {done.outcomes[i]:,}" for i, c in enumerate(checked.classes))
    console.print(f"{done.kept:,} of {done.rows:,} records kept: {rates}")
    _print_leaks(done, checked, console)


def _seed(consortium: Path) -> int:
    """The seed by which a run splits: parts that are shown or fitted here are those it trains and tests on."""
    from federated.consortium import Consortium, load_consortium

    if consortium == DEFAULT_CONSORTIUM and not consortium.is_file():
        return Consortium.model_fields["seed"].default
    return load_consortium(consortium).seed


def _kept(records, contract: Contract, seed: int):
    from credit.features import PART
    from credit.splits import with_parts
    from credit.streaming import compact

    return compact(with_parts(records, contract, seed), contract, PART)


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


def _print_leaks(done: FileIngestion, contract: Contract, console: Console) -> None:
    import polars as pl

    from credit.features import PART
    from credit.leaks import leak_findings
    from credit.splits import check_parts

    sizes = dict(done.records.group_by(PART).len().iter_rows())
    parts = ", ".join(f"{part} {sizes.get(part, 0):,}" for part in ("train", "validation", "test"))
    console.print(f"split by {contract.split.by}: {parts}")
    check_parts(done.records, contract)
    for finding in leak_findings(done.records.filter(pl.col(PART) == "train"), contract.features):
        if finding.blocks:
            console.print(
                f"[red]{finding.column}: {finding.check} ranks outcomes with AUC {finding.value:.3f} (limit "
                f"{finding.limit:.2f}): a leak? Give it the role leak[/]"
            )
