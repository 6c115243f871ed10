"""`fedcredit run`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.options import ConsortiumFile
from credit.errors import NoChampionError
from credit.home import Home


def run_command(
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
    consortium: ConsortiumFile = Path("consortium.yaml"),
    report: Annotated[Path, typer.Option(help="Where the run's report is written.")] = Path(
        "reports/latest.json"
    ),
) -> None:
    """Run the whole pipeline: ingest, train, average, evaluate, explain, promote, package, publish.

    [dim]fedcredit run --dataset synthetic --banks 5[/]
    """
    from pipelines.environment import prepare

    console, home = Console(), Home()
    prepare(home)
    os.environ["CONSORTIUM"] = str(chosen_consortium(dataset, banks, consortium, home).resolve())

    from assets.setting import consortium as chosen
    from pipelines.report import print_report, write_report
    from pipelines.turn import turn

    console.print(f"[bold]{chosen().name}[/]: {len(chosen().banks)} banks, data set {chosen().dataset}")
    # The report too is made of the assets as they are stored.
    with turn(home, "fedcredit run", partial(console.print, soft_wrap=True)):
        content = _run(home, chosen().dataset, console)
    write_report(content, report)
    print_report(content, console)
    console.print(f"[bold]report[/]  {report}")


def _run(home: Home, dataset: str, console: Console) -> dict[str, Any]:
    """The report of a run. Where no champion came of it, prints the figures and raises NoChampionError."""
    from pipelines.report import figures_report, print_figures, run_report
    from pipelines.running import run_pipeline

    try:
        done = run_pipeline(home, console)
    except NoChampionError:
        print_figures(figures_report(home, dataset), console)
        raise
    return run_report(home, dataset, done.seconds)


def chosen_consortium(dataset: str, banks: str, consortium: Path, home: Home) -> Path:
    """The consortium's file as it is, or one drafted where another data set or other banks are asked for."""
    from federated.consortium import load_consortium

    chosen = load_consortium(consortium)
    if banks or (dataset and dataset != chosen.dataset):
        from pipelines.drafting import draft_consortium

        return draft_consortium(consortium, dataset or chosen.dataset, banks or None, home)
    return consortium
