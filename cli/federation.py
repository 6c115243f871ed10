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
    from credit.home import Home
    from credit.plots import comparison_plot
    from federated.cases import Dealt
    from federated.comparison import Terms, compare
    from federated.consortium import load_consortium

    consortium, console = load_consortium(path), Console()
    if dataset and dataset != consortium.dataset:
        from assets.setting import consortium as chosen
        from cli.run import choose_consortium

        choose_consortium(dataset, "", path, Home())
        consortium = chosen()
    dealt = Dealt.ingested(consortium, Home())
    cases = [dealt.by_bank(), *(dealt.skewed(5, alpha) for alpha in skew)]
    terms, rows = Terms(rounds, consortium.patience, consortium.seed), []
    with console.status("training") as status:
        for case in cases:
            for row in compare(case, families or consortium.families, strategies, terms):
                rows.append(row)
                status.update(f"{case.name}: {row['family']} {row['trained']} done, AUC {row['auc']:.4f}")
    console.print(_comparison_table(rows))
    plot.parent.mkdir(parents=True, exist_ok=True)
    plot.write_bytes(comparison_plot(rows))
    console.print(f"[bold]plot[/]  {plot}")


def _comparison_table(rows: list[dict]) -> Table:
    table = Table(
        "case", "model", "trained", "AUC inside banks", "AUC", "log loss", "seconds", "kB a bank", "rounds"
    )
    for row in rows:
        figures = (f"{row[name]:.4f}" for name in ("mean_auc", "auc", "log_loss"))
        sent = "" if row["kb_a_bank"] is None else f"{row['kb_a_bank']:,.0f}"
        table.add_row(
            row["case"], row["family"], row["trained"], *figures, f"{row['seconds']:.1f}", sent,
            str(row["rounds"] or ""),
        )  # fmt: skip
    return table
