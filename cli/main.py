"""`fedcredit`: credit scores that banks train together without showing each other a loan record."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import click
import typer

RegisteredModel = Annotated[
    str, typer.Option(envvar="MODEL", help="Registered model; by default the consortium file's.")
]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=__doc__,
)


@app.callback()
def _main() -> None:
    """Credit scores that banks train together without showing each other a loan record."""


@app.command()
def run(
    dataset: Annotated[
        str,
        typer.Option(
            envvar="DATASET", help="Contract to use: sba, synthetic, credit_score, home_credit, or a path."
        ),
    ] = "",
    banks: Annotated[
        str,
        typer.Option(
            envvar="BANKS", help="So many of the largest banks, or 'all': the 100 largest, uncapped."
        ),
    ] = "",
    consortium: Annotated[
        Path, typer.Option(envvar="CONSORTIUM", help="Who trains together, and how.")
    ] = Path("consortium.yaml"),
    report: Annotated[Path, typer.Option(help="Where the run's report is written.")] = Path(
        "reports/latest.json"
    ),
) -> None:
    """Run the whole pipeline: ingest, train, average, evaluate, explain, promote, package, publish.

    [dim]fedcredit run --dataset synthetic --banks 5[/]
    """
    from cli.run import run_command

    run_command(dataset, banks, consortium, report)


@app.command()
def dev(port: Annotated[int, typer.Option(envvar="PORT", help="Port of the Dagster UI.")] = 3000) -> None:
    """Open the Dagster UI on this machine: runs, lineage, schedules."""
    from cli.servers import dagster_ui

    dagster_ui(port)


@app.command()
def mlflow(port: Annotated[int, typer.Option(envvar="PORT", help="Port of the MLflow UI.")] = 5000) -> None:
    """Open the MLflow UI on this machine: runs, figures, model versions."""
    from cli.servers import mlflow_ui

    mlflow_ui(port)


@app.command()
def serve(
    port: Annotated[int, typer.Option(envvar="PORT", help="Port of the scoring service.")] = 8000,
    bento: Annotated[
        str, typer.Option(help="A Bento's tag or a package folder; by default the champion's.")
    ] = "",
    model: RegisteredModel = "",
) -> None:
    """Serve the champion: POST /predict answers with a probability of default and its reasons."""
    from cli.servers import scoring_service

    scoring_service(port, bento, model)


@app.command()
def package(
    bank: Annotated[list[str], typer.Argument(help="Aliases of banks whose continuations go into it.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The package folder to write.")] = Path(
        "package-with-banks"
    ),
    model: RegisteredModel = "",
) -> None:
    """Package the champion with banks' own continuations, for those banks to serve.

    A package carries the shared model alone: a bank's continuation is made of its own records and stays with it.

    [dim]fedcredit package wells-fargo -o wells-fargo-package[/]
    """
    from cli.servers import package_continuations

    package_continuations(bank, output, model)


@app.command()
def history(
    on: Annotated[str, typer.Option(help="A date: who was champion at its end.")] = "",
    model: RegisteredModel = "",
) -> None:
    """Who was champion when, and why.

    [dim]fedcredit history --on 2026-11-22[/]
    """
    from cli.models import history_command

    history_command(model, on)


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="Version to make champion.")],
    override: Annotated[str, typer.Option(help="The reason, which is recorded.")],
    model: RegisteredModel = "",
) -> None:
    """Make a version champion by hand, whatever the gate said; the reason is recorded.

    [dim]fedcredit promote 3 --override "champion 4 refuses too many new firms"[/]
    """
    from cli.models import promote_command

    promote_command(version, override, model)


@app.command()
def rollback(
    why: Annotated[str, typer.Option(help="The reason, which is recorded.")],
    model: RegisteredModel = "",
) -> None:
    """Make the champion before this one champion again.

    [dim]fedcredit rollback --why "version 4 refuses too many new firms"[/]
    """
    from cli.models import rollback_command

    rollback_command(why, model)


audit_app = typer.Typer(
    no_args_is_help=True, help="Audit: nothing was changed, and where a decision came from."
)
app.add_typer(audit_app, name="audit")

LogFile = Annotated[
    str | None,
    typer.Option(
        envvar="FEDCREDIT_DECISION_LOG", help="The service's decision log: a file or postgresql:// URL."
    ),
]


@audit_app.command("verify")
def audit_verify(log: LogFile = None, model: RegisteredModel = "") -> None:
    """Verify the hash chains of promotions and decisions."""
    from cli.audit import verify_command

    verify_command(log, model)


@audit_app.command("trace")
def audit_trace(
    request: Annotated[str, typer.Argument(help="The decision's request id (X-Request-ID of the answer).")],
    log: LogFile = None,
    model: RegisteredModel = "",
) -> None:
    """Lead one decision back to its model, contract, run and the banks' data fingerprints."""
    from cli.audit import trace_command

    trace_command(request, log or "decisions.db", model)


contract_app = typer.Typer(no_args_is_help=True, help="Contracts: what a data set is.")
app.add_typer(contract_app, name="contract")


@contract_app.command("show")
def contract_show(
    contract: Annotated[str, typer.Argument(help="A shipped name or a path.")] = "sba",
) -> None:
    """Show a contract's columns: where each comes from, what it means, what it may be used for."""
    from cli.contracts import show_command

    show_command(contract)


@contract_app.command("draft")
def contract_draft(
    data: Annotated[str, typer.Argument(help="CSV, CSV.gz or Parquet (or a glob), or DATABASE_URL#table.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The contract file to write.")] = Path(
        "contract.yaml"
    ),
    target: Annotated[
        str, typer.Option(help="The column of the outcome, where it isn't found by itself.")
    ] = "",
) -> None:
    """Propose a contract for own data: types, ranges, roles, likely leaks, each with its reason.

    [dim]fedcredit contract draft loans.csv -o loans.yaml --target Status[/]
    """
    from cli.contracts import draft_command

    draft_command(data, output, target)


@contract_app.command("check")
def contract_check(
    contract: Annotated[str, typer.Argument(help="A shipped name or a path.")] = "sba",
) -> None:
    """Check a contract against its data and say what would go to quarantine, and why."""
    from cli.contracts import check_command

    check_command(contract)


federation_app = typer.Typer(no_args_is_help=True, help="The federation: banks that train together.")
app.add_typer(federation_app, name="federation")


@federation_app.command("banks")
def federation_banks(
    consortium: Annotated[
        Path, typer.Option(envvar="CONSORTIUM", help="Who trains together, and how.")
    ] = Path("consortium.yaml"),
) -> None:
    """List the consortium's banks and terms."""
    from cli.federation import banks_command

    banks_command(consortium)


@federation_app.command("compare")
def federation_compare(
    consortium: Annotated[
        Path, typer.Option(envvar="CONSORTIUM", help="Who trains together, and how.")
    ] = Path("consortium.yaml"),
    dataset: Annotated[
        str, typer.Option(envvar="DATASET", help="Another data set than the consortium's.")
    ] = "",
    family: Annotated[
        list[str] | None, typer.Option(help="Models to train; the consortium's by default.")
    ] = None,
    strategy: Annotated[list[str] | None, typer.Option(help="Strategies; all of them by default.")] = None,
    skew: Annotated[
        list[float] | None, typer.Option(help="Also among 5 banks of label skew Dirichlet(so much).")
    ] = None,
    rounds: Annotated[int, typer.Option(help="At most so many rounds.")] = 30,
    plot: Annotated[Path, typer.Option(help="Where the plot is written.")] = Path("reports/comparison.png"),
) -> None:
    """Compare strategies and models on the consortium's banks, and on skewed ones.

    [dim]fedcredit federation compare --family lightgbm --skew 0.15[/]
    """
    from cli.federation import compare_command
    from federated.strategies import STRATEGIES

    compare_command(consortium, dataset, family or [], strategy or list(STRATEGIES), skew or [], rounds, plot)


coordinator_app = typer.Typer(no_args_is_help=True, help="The coordinator: where banks meet.")
app.add_typer(coordinator_app, name="coordinator")
COORDINATOR = Annotated[
    Path, typer.Option("--folder", envvar="COORDINATOR", help="The coordinator's folder.")
]


@coordinator_app.command("init")
def coordinator_init(
    host: Annotated[list[str], typer.Option(help="Name or address by which banks reach the gate.")],
    folder: COORDINATOR = Path("coordinator"),
    gate_port: Annotated[int, typer.Option(help="Port for the banks.")] = 9443,
    link_port: Annotated[int, typer.Option(help="Port of the SuperLink, for this machine only.")] = 9090,
) -> None:
    """Make certificates, secret and settings of a coordinator.

    [dim]fedcredit coordinator init --host fed.example.org[/]
    """
    from cli.coordinator import init_command

    init_command(folder, host, gate_port, link_port)


@coordinator_app.command("up")
def coordinator_up(folder: COORDINATOR = Path("coordinator")) -> None:
    """Run SuperLink and gate; take in banks whose public keys are in the folder's banks/."""
    from cli.coordinator import up_command

    up_command(folder)


bank_app = typer.Typer(no_args_is_help=True, help="A bank's site: its key, its records, its agent.")
app.add_typer(bank_app, name="bank")
BANK = Annotated[Path, typer.Option("--folder", envvar="BANK", help="The bank's folder.")]


@bank_app.command("init")
def bank_init(
    name: Annotated[str, typer.Option(help="The bank's name, as the consortium and the records have it.")],
    records: Annotated[Path, typer.Option(help="CSV or Parquet of the contract's columns.")],
    coordinator: Annotated[str, typer.Option(help="The gate's host:port.")],
    certificate: Annotated[Path, typer.Option(help="The coordinator's ca.crt.")] = Path("ca.crt"),
    contract: Annotated[str, typer.Option(help="A shipped name or a path.")] = "sba",
    folder: BANK = Path("bank"),
) -> None:
    """Check contract and records, try a training on them inside the bank, make the bank's key.

    [dim]fedcredit bank init --name "BANK 01" --records loans.csv --coordinator fed.example.org:9443[/]
    """
    from cli.bank import init_command

    init_command(folder, name, contract, records, coordinator, certificate)


@bank_app.command("up")
def bank_up(folder: BANK = Path("bank")) -> None:
    """Dial the coordinator and answer its messages; nothing listens for others."""
    from cli.bank import up_command

    up_command(folder)


@bank_app.command("status")
def bank_status(folder: BANK = Path("bank")) -> None:
    """Show whether the coordinator is reached and what was answered last."""
    from cli.bank import status_command

    status_command(folder)


release_app = typer.Typer(no_args_is_help=True, help="Releases: what goes to the Hugging Face Hub.")
app.add_typer(release_app, name="release")


@release_app.command("verify")
def release_verify(folder: Annotated[Path, typer.Argument(help="A release folder.")]) -> None:
    """Check that a release folder holds exactly what its manifest lists."""
    from cli.releases import verify_command

    verify_command(folder)


@release_app.command("publish")
def release_publish(
    folder: Annotated[Path, typer.Argument(help="A release folder, of `fedcredit run`.")],
    namespace: Annotated[
        str, typer.Option(envvar="HF_NAMESPACE", help="User or organisation on the Hub.")
    ] = "",
    public: Annotated[bool, typer.Option(help="Make the repositories public.")] = False,
) -> None:
    """Publish a staged release on the Hub; needs HF_TOKEN. Publishing twice changes nothing."""
    from cli.releases import publish_command

    publish_command(folder, namespace, public)


def main() -> None:
    """Run the command line; a FedCreditError ends it with one line and exit code 1."""
    from credit.errors import FedCreditError

    try:
        app(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except FedCreditError as error:
        print(f"fedcredit: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except typer.Exit as stop:
        raise SystemExit(stop.exit_code) from None
    except (KeyboardInterrupt, typer.Abort):
        print("fedcredit: stopped", file=sys.stderr)
        raise SystemExit(130) from None


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
