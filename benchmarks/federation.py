"""The federation against its targets: quality on real and on skewed banks, time, bytes, growth, Flower's own trees.

    python -m benchmarks.federation [--only quality skew time growth flower] [--rounds 60]

Prints a table a section and writes benchmarks/results/federation.json and, of the growth, federation.png.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.federation_growth import growth, growth_plot
from credit.files import whole_file
from credit.home import Home
from credit.metrics import auc
from federated.cases import Dealt
from federated.comparison import Case, Terms, compare, inside_auc
from federated.consortium import load_consortium
from federated.learners.lightgbm import LightGBMParams
from federated.site import encode
from federated.training import inprocess_grid, train_federated

RESULTS = Path(__file__).with_name("results") / "federation.json"
LARGE, MID_SIZE = 12_000, 1_350
STRATEGIES = ["fedavg", "leaf_refit", "histogram"]
TREES = 150


def random_case() -> Case:
    """Six large lenders of about 8,400 train records and eighteen mid-size ones of about 950, held out at random."""
    dealt = Dealt.ingested(load_consortium(Path("consortium.yaml")), Home())
    return dealt.at_random([LARGE] * 6 + [MID_SIZE] * (len(dealt.consortium.banks) - 6))


def quality(rounds: int) -> Iterator[dict]:
    """Mean AUC inside each bank, by way of training."""
    yield from compare(random_case(), ["lightgbm", "catboost"], STRATEGIES, Terms(rounds, 6, 7))


def skew(rounds: int) -> Iterator[dict]:
    """Five synthetic banks whose shares of the outcomes are drawn from a Dirichlet of .15."""
    home = Home()
    consortium = load_consortium(Path("consortium.yaml")).model_copy(update={"dataset": "synthetic"})
    dealt = Dealt.ingested(consortium, home, every_bank=True)
    yield from compare(dealt.skewed(5, 0.15), ["lightgbm"], STRATEGIES, Terms(rounds, 6, 7))


def times(rounds: int) -> Iterator[dict]:
    """Seconds, and bytes a bank and tree, of 150 trees over 24 banks beside LightGBM on the pooled rows."""
    case, params = random_case(), LightGBMParams(max_bin=64)
    threads = {count: _timed(lambda n=count: _pooled(case, params, n)) for count in (1, os.cpu_count() or 1)}
    # On a busy machine LightGBM's threads wait for one another: the faster of both counts.
    pooled = min(threads.values())
    for count, (seconds, cpu) in threads.items():
        yield _time_row(f"LightGBM, pooled, {count} threads", seconds, cpu, pooled, None)
    for strategy, kind in (("leaf_refit", "leaf_sums"), ("histogram", "histograms")):
        sizes: dict[str, int] = {}

        def train(strategy: str = strategy, sizes: dict[str, int] = sizes) -> None:
            grid = inprocess_grid(case.banks, case.spec)
            trained = train_federated(
                "lightgbm", grid, case.spec, strategy=strategy, rounds=TREES // 5, params=params, seed=7
            )
            sizes.update(trained.bytes_by_kind)

        seconds, cpu = _timed(train)
        yield _time_row(strategy, seconds, cpu, pooled, sizes[kind] / len(case.banks) / TREES)


def _time_row(
    trained: str, seconds: float, cpu: float, pooled: tuple[float, float], sent: float | None
) -> dict:
    return {
        "trained": trained,
        "trees": TREES,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "times_pooled": seconds / pooled[0],
        "times_pooled_cpu": cpu / pooled[1],
        "bytes_a_bank_a_tree": sent,
    }


def flower(rounds: int) -> Iterator[dict]:
    """Flower's FedXgbBagging on the same banks: its best AUC, and the time it takes to it."""
    from benchmarks.flower_bagging import bagged_margins

    case = random_case()
    begin = time.monotonic()
    ours = train_federated("lightgbm", inprocess_grid(case.banks, case.spec), case.spec, strategy="histogram",
                           rounds=30, patience=6, seed=7)  # fmt: skip
    seconds, model = time.monotonic() - begin, ours.model
    parts = [encode(bank.train, model.encoding) for bank in case.banks]
    tests = [encode(bank.test, model.encoding) for bank in case.banks]
    margins, at = bagged_margins(parts, np.concatenate([t.X for t in tests]), rounds)
    ends = np.cumsum([len(t.outcome) for t in tests])[:-1]
    means = [
        np.nanmean([auc(t.outcome, m) for t, m in zip(tests, np.split(row, ends), strict=True)])
        for row in margins
    ]
    best = int(np.argmax(means))
    own = float(np.nanmean(inside_auc([model] * len(case.banks), case.banks)))
    yield {"trained": "histogram", "mean_auc": own, "seconds": seconds, "rounds": ours.best_round}
    yield {
        "trained": "FedXgbBagging, its best round on the test",
        "mean_auc": float(means[best]),
        "seconds": at[best],
        "rounds": best + 1,
    }
    yield {
        "trained": "FedXgbBagging, last round",
        "mean_auc": float(means[-1]),
        "seconds": at[-1],
        "rounds": rounds,
    }


SECTIONS: dict[str, Callable[[int], Iterator[dict]]] = {
    "quality": quality,
    "skew": skew,
    "time": times,
    "growth": growth,
    "flower": flower,
}


def _pooled(case: Case, params: LightGBMParams, threads: int) -> None:
    """LightGBM itself on all train records, binning and encoding included."""
    import lightgbm as lgb
    import polars as pl

    from credit.encoding import Encoding
    from federated.site import outcome_counts

    train = pl.concat([bank.train for bank in case.banks])
    part = encode(train, Encoding.fit(case.spec.features, outcome_counts(train, case.spec)))
    settings = vars(params) | {"objective": "binary", "num_threads": threads, "verbosity": -1}
    lgb.train(settings, lgb.Dataset(part.X, part.outcome), TREES)


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds on the clock, and of the processor: the less of two runs each, the first of which compiles."""
    marks = []
    for _ in range(2):
        begin = time.monotonic(), time.process_time()
        work()
        marks.append((time.monotonic() - begin[0], time.process_time() - begin[1]))
    return min(m[0] for m in marks), min(m[1] for m in marks)


def _table(title: str, rows: list[dict]) -> Table:
    table = Table(*rows[0], title=title)
    for row in rows:
        table.add_row(
            *("" if v is None else f"{v:,.4f}" if isinstance(v, float) else str(v) for v in row.values())
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--rounds", type=int, default=60)
    asked = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in asked.only:
        results[name] = list(SECTIONS[name](asked.rounds))
        Console(width=140).print(_table(str(SECTIONS[name].__doc__).splitlines()[0], results[name]))
        results["machine"] = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
        with whole_file(RESULTS) as aside:
            aside.write_text(json.dumps(results, indent=1))
    if "growth" in results:
        RESULTS.with_suffix(".png").write_bytes(growth_plot(results["growth"]))


if __name__ == "__main__":
    main()
