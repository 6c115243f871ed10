"""`fedcredit federation ...`."""

from __future__ import annotations

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table


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


def compare_command(
    path: Path,
    dataset: str,
    families: list[str],
    strategies: list[str],
    skew: list[float],
    rounds: int,
    plot: Path,
) -> None:
    """Train every strategy on every case; print the table, write the plot."""
    from cli.run import chosen_consortium
    from credit.home import Home
    from credit.plots import comparison_plot
    from federated.cases import Dealt
    from federated.comparison import Terms, compare
    from federated.consortium import load_consortium

    consortium, console = load_consortium(chosen_consortium(dataset, "", path, Home())), Console()
    dealt = Dealt.ingested(consortium, Home())
    cases = [dealt.by_bank(), *(dealt.skewed(5, alpha) for alpha in skew)]
    terms, rows = Terms(rounds, consortium.patience, consortium.seed), []
    with console.status("training") as status:
        for case in cases:
            for row in compare(case, families or consortium.families, strategies, terms):
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
