"""How the time of a tree grows with banks and with records."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import polars as pl

from credit.canvas import blank, png
from credit.features import BankRecords, FeatureSpec
from federated.comparison import Case
from federated.training import inprocess_grid, train_federated

FEATURES, ROUNDS, TREES_A_ROUND = 12, 2, 5


def growth(rounds: int) -> Iterator[dict]:
    """Seconds a tree with 8, 32 and 128 banks and 100,000 and 1,000,000 train records in all."""
    for strategy in ("leaf_refit", "histogram"):
        for rows in (100_000, 1_000_000):
            for count in (8, 32, 128):
                yield {
                    "strategy": strategy,
                    "records": rows,
                    "banks": count,
                    **_measured(strategy, rows, count),
                }


def grown_case(rows: int, count: int) -> Case:
    """`rows` made-up train records in all, dealt out evenly to `count` banks."""
    return Case(f"{rows:,} made-up records, {count} banks", _banks(rows, count), _spec())


def growth_plot(rows: list[dict]) -> bytes:
    """Seconds a tree by number of banks, one line a strategy and number of records."""
    title = "Time of a tree, in process on one machine"
    figure, axes = blank(7, 4.5, title, "Banks", "Seconds a tree")
    for strategy, records in dict.fromkeys((r["strategy"], r["records"]) for r in rows):
        own = [r for r in rows if (r["strategy"], r["records"]) == (strategy, records)]
        label = f"{strategy}, {records:,} records"
        axes.plot([r["banks"] for r in own], [r["seconds_a_tree"] for r in own], "o-", label=label)
    axes.set(xscale="log", yscale="log")
    axes.set_xticks([8, 32, 128], ["8", "32", "128"])
    axes.legend(frameon=False)
    return png(figure)


def _measured(strategy: str, rows: int, count: int) -> dict[str, float]:
    """Seconds a tree after the first round, which bins the records."""
    case, marks = grown_case(rows, count), [time.monotonic()]
    train_federated(
        "lightgbm",
        inprocess_grid(case.banks, case.spec),
        case.spec,
        strategy=strategy,
        rounds=ROUNDS + 1,
        trees_per_round=TREES_A_ROUND,
        on_round=lambda report: marks.append(time.monotonic()),
    )
    return {"seconds_a_tree": (marks[-1] - marks[1]) / (ROUNDS * TREES_A_ROUND)}


def _spec() -> FeatureSpec:
    names = tuple(f"x{i}" for i in range(FEATURES))
    return FeatureSpec(names, {}, (), {}, ("paid", "default"), "growth")


def _banks(rows: int, count: int) -> list[BankRecords]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows + rows // 10, FEATURES))
    outcome = (X[:, 0] + X[:, 1] * X[:, 2] + rng.logistic(size=len(X)) > 1).astype(np.int64)
    frame = pl.DataFrame({f"x{i}": X[:, i] for i in range(FEATURES)} | {"outcome": outcome})
    train, validation = frame.head(rows), frame.tail(rows // 10)
    return [
        BankRecords(
            f"bank {k:03d}", train.gather_every(count, k), validation.gather_every(count, k), frame.head(0)
        )
        for k in range(count)
    ]
