"""`fedcredit bank ...`: what a bank's site engineer runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="A bank's site: its key, its records, its agent.")
BankFolder = Annotated[Path, typer.Option("--folder", envvar="BANK", help="The bank's folder.")]


@app.command("init")
def init_command(
    name: Annotated[str, typer.Option(help="The bank's name, as the consortium and the records have it.")],
    records: Annotated[Path, typer.Option(help="CSV or Parquet of the contract's columns.")],
    coordinator: Annotated[str, typer.Option(help="The address that the coordinator gave you, host:port.")],
    certificate: Annotated[Path, typer.Option(help="The ca.crt that the coordinator gave you.")] = Path(
        "ca.crt"
    ),
    contract: Annotated[
        str, typer.Option(help="The consortium's contract: a shipped name or a path.")
    ] = "sba",
    folder: BankFolder = Path("bank"),
) -> None:
    """Check contract and records, try a training on them inside the bank, make the bank's key.

    [dim]fedcredit bank init --name "BANK 01" --records loans.csv --coordinator fed.example.org:9443[/]
    """
    from federated.engines.keys import create_node_key, create_secret
    from federated.membership import key_name, membership, save_membership

    bank = membership(name=name, contract=contract, records=records.resolve(), coordinator=coordinator)
    if not certificate.exists():
        raise _missing(certificate)
    _check(bank, folder)
    save_membership(folder, bank)
    create_node_key(folder / "bank")
    create_secret(folder / "secret")
    if certificate.resolve() != (folder / "ca.crt").resolve():
        shutil.copy(certificate, folder / "ca.crt")
    Console().print(
        f"[bold]send[/] {folder / 'bank.pub'} to the coordinator, who keeps it as banks/{key_name(name)}.pub, "
        "then `fedcredit bank up`"
    )


@app.command("up")
def up_command(folder: BankFolder = Path("bank")) -> None:
    """Dial the coordinator and answer its messages; nothing listens for others."""
    from federated.engines.bank_node import run_bank
    from federated.engines.processes import interrupt_on_terminate
    from federated.membership import load_membership

    bank, console = load_membership(folder), Console()
    console.print(f"{bank.name} dials {bank.coordinator}; nothing listens for others; ^C ends it")
    interrupt_on_terminate()
    run_bank(folder.resolve(), console.print)


@app.command("status")
def status_command(folder: BankFolder = Path("bank")) -> None:
    """Show whether the coordinator is reached and what was answered last."""
    from federated.engines.bank_node import bank_status
    from federated.engines.bundle import bundle_sha256
    from federated.engines.reachability import reach
    from federated.membership import load_membership

    bank = load_membership(folder)
    table = Table(show_header=False, title=bank.name)
    table.add_row("contract", bank.contract)
    table.add_row("coordinator", f"{bank.coordinator}: {reach(bank.coordinator, bank.certificate)}")
    table.add_row("app bundle of this code", bundle_sha256()[:12])
    for what, value in bank_status(folder).items():
        table.add_row(what.replace("_", " "), str(value))
    Console().print(table)


def _check(bank, folder: Path) -> None:
    """Print what the records hold and what a training would send of them."""
    from federated.dry_run import ROUNDS, STRATEGIES, dry_run
    from federated.records import own_records

    own, console = own_records(bank, folder / "work"), Console()
    parts = own.records
    console.print(
        f"contract {own.contract.name} v{own.contract.version} ({own.contract.fingerprint[:12]}): {own.rows:,} rows, "
        f"{own.quarantined:,} in quarantine; {parts.train.height:,} train, {parts.validation.height:,} "
        f"validation, {parts.test.height:,} test records of {bank.name}"
    )
    table = Table("message", "what leaves the bank", title=f"dry run: bytes both ways in {ROUNDS} rounds")
    for strategy in STRATEGIES:
        table.add_column(strategy, justify="right")
    for sent in dry_run(parts, own.contract.spec):
        table.add_row(sent.kind, sent.answers, *(f"{n:,}" if n else "" for n in sent.bytes.values()))
    console.print(table)


def _missing(certificate: Path):
    from credit.errors import FederationError

    return FederationError(f"{certificate}: no such file: the coordinator gives you its ca.crt")
