"""`fedcredit federation ...`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from cli.options import ConsortiumFile

app = typer.Typer(no_args_is_help=True, help="The federation: banks that train together.")


@app.command("banks")
def banks_command(consortium: ConsortiumFile = Path("consortium.yaml")) -> None:
    """List the consortium's banks and terms.

    [dim]fedcredit federation banks --consortium mine.yaml[/]
    """
    from federated.consortium import load_consortium

    chosen = load_consortium(consortium)
    table = Table("alias", "name in the records", title=f"{chosen.name}: {len(chosen.banks)} banks")
    for bank in chosen.banks:
        table.add_row(bank.alias, bank.name)
    console = Console()
    console.print(table)
    most = chosen.records_per_bank
    cap = f"at most {most:,} records a bank" if most else "all records"
    console.print(
        f"data set {chosen.dataset}, {cap}; {', '.join(chosen.families)} by {chosen.strategy}, "
        f"{chosen.rounds} rounds, quorum {chosen.quorum:.0%}, seed {chosen.seed}"
    )


@app.command("compare")
def compare_command(
    consortium: ConsortiumFile = Path("consortium.yaml"),
    dataset: Annotated[
        str, typer.Option(envvar="DATASET", help="Another data set than the consortium's.")
    ] = "",
    family: Annotated[
        list[str] | None,
        typer.Option(help="logistic, lightgbm or catboost; once for each; by default the consortium's."),
    ] = None,
    strategy: Annotated[
        list[str] | None, typer.Option(help="fedavg, leaf_refit or histogram; once for each; by default all.")
    ] = None,
    skew: Annotated[
        list[float] | None,
        typer.Option(
            click_type=click.FloatRange(min=0, min_open=True),
            help="Also among 5 banks whose mix of outcomes differs: Dirichlet of so much; 0.1 is strong.",
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="At most so many rounds.")] = 30,
    plot: Annotated[Path, typer.Option(help="Where the plot is written.")] = Path("reports/comparison.png"),
) -> None:
    """Compare strategies with local and pooled training, and models, on the consortium's banks and on skewed ones.

    [dim]fedcredit federation compare --family lightgbm --skew 0.15[/]
    """
    from cli.run import chosen_consortium
    from credit.home import Home
    from credit.plots import comparison_plot
    from federated.cases import Dealt
    from federated.comparison import Terms, compare
    from federated.consortium import load_consortium
    from federated.strategies import STRATEGIES

    chosen, console = load_consortium(chosen_consortium(dataset, "", consortium, Home())), Console()
    dealt = Dealt.ingested(chosen, Home())
    cases = [dealt.by_bank(), *(dealt.skewed(5, alpha) for alpha in skew or [])]
    terms, rows = Terms(rounds, chosen.patience, chosen.seed), []
    with console.status("training") as status:
        for case in cases:
            for row in compare(case, family or chosen.families, strategy or list(STRATEGIES), terms):
                rows.append(row)
                status.update(f"{case.name}: {row['family']} {row['trained']} done, AUC {row['auc']:.4f}")
    for case in dict.fromkeys(row["case"] for row in rows):
        console.print(_case_table(case, [row for row in rows if row["case"] == case]))
    plot.parent.mkdir(parents=True, exist_ok=True)
    plot.write_bytes(comparison_plot(rows))
    console.print(f"[bold]plot[/]  {plot}")


def _case_table(case: str, rows: list[dict]) -> Table:
    figures = ("AUC inside banks", "AUC", "log loss", "seconds", "kB a bank", "rounds")
    names = [Column(name, no_wrap=True) for name in ("model", "trained")]
    columns = [*names, *(Column(name, justify="right") for name in figures)]
    # Without rules between columns it fits a terminal of 80.
    table = Table(*columns, title=case, box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for row in rows:
        losses = (f"{row[name]:.4f}" for name in ("mean_auc", "auc", "log_loss"))
        sent = "" if row["kb_a_bank"] is None else f"{row['kb_a_bank']:,.0f}"
        table.add_row(
            row["family"], row["trained"], *losses, f"{row['seconds']:.1f}", sent, str(row["rounds"] or "")
        )
    return table
