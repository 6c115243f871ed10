"""The federation against its targets: quality on real and on skewed banks, time, bytes, growth, Flower's own trees.

    python -m benchmarks.federation [--only quality skew time growth flower link] [--rounds 60]

Prints a table a section and writes benchmarks/results/federation.json and, of the growth, federation.png.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.beside_local import BesideLocal, mean_rows
from benchmarks.federation_growth import grown_case, growth, growth_plot
from benchmarks.federation_link import link
from benchmarks.flower_messages import empty_messages
from benchmarks.label_skew import skew
from credit.files import whole_file
from credit.home import Home
from credit.metrics import auc
from credit.models.lightgbm import LightGBMModel
from federated.cases import Dealt
from federated.comparison import Case, Terms, compare, row_of
from federated.consortium import load_consortium
from federated.learners.lightgbm import LightGBMParams
from federated.privacy.masking import MaskingTerms
from federated.site import encode
from federated.tasks.task import Part
from federated.training import inprocess_grid, train_federated

RESULTS = Path(__file__).with_name("results") / "federation.json"
LARGE, MID_SIZE = 12_000, 1_350
STRATEGIES = ["fedavg", "leaf_refit", "histogram"]
TREES, RUNS = 150, 2
# Of trees of 16 leaves: so often every bank is asked for histograms of one tree.
LEVELS = 4
DRAWS, SEED = (1, 2, 3), 7
SUMS = {"leaf_refit": "leaf_sums", "histogram": "histograms"}


def random_case(draw: int = 1) -> Case:
    """Six large lenders of about 8,400 train records and eighteen mid-size ones of about 950, held out at random."""
    consortium = load_consortium(Path("consortium.yaml")).model_copy(update={"seed": draw})
    case = Dealt.ingested(consortium, Home()).at_random(
        [LARGE] * 6 + [MID_SIZE] * (len(consortium.banks) - 6)
    )
    return replace(case, name=f"random, draw {draw}")


def whole_case() -> Case:
    """All train records of the consortium's banks, as `make run` parts them but without its cap."""
    consortium = load_consortium(Path("consortium.yaml")).model_copy(update={"records_per_bank": None})
    return Dealt.ingested(consortium, Home()).by_bank()


def quality(rounds: int) -> Iterator[dict]:
    """Mean AUC inside each bank, by way of training, and banks that it serves worse or better than local-only.

    Three draws of the records and of what is held out, then their means.
    """
    rows: list[dict] = []
    for draw in DRAWS:
        case = random_case(draw)
        beside = BesideLocal(case.banks, case.spec, SEED)
        case = replace(case, more=beside)
        for family in ("lightgbm", "catboost"):
            for row in compare(case, [family], STRATEGIES, Terms(rounds, 6, SEED)):
                rows.append(row)
                yield row
                if row["trained"] == "local":
                    rows.append(row_of(case, family, "own half alone", beside.own_half(family), 0.0))
                    yield rows[-1]
    yield from mean_rows(rows)


def times(rounds: int) -> Iterator[dict]:
    """Seconds, and bytes a bank and tree, of 150 trees over 24 banks beside LightGBM on the pooled rows."""
    for case in (random_case(), whole_case(), grown_case(1_000_000, 24)):
        yield from _times(case, LightGBMParams(max_bin=64))
    yield _masked_bytes(random_case(), LightGBMParams(max_bin=64))
    yield from empty_messages(LEVELS * TREES, 24)


def _times(case: Case, params: LightGBMParams) -> Iterator[dict]:
    records = sum(bank.train.height for bank in case.banks)
    threads = [1, os.cpu_count() or 1]
    sizes: dict[str, dict[str, int]] = {}
    ways: dict[str, Callable[[], None]] = {
        f"LightGBM, pooled, {n} threads": partial(_pooled, case, params, n) for n in threads
    }
    ways |= {name: partial(_timed_training, case, name, params, sizes) for name in SUMS}
    # One after the other, again and again: what else the machine does slows all of them alike.
    marks = [{name: _timed(way) for name, way in ways.items()} for _ in range(RUNS)]
    best = {name: tuple(min(mark[name][i] for mark in marks) for i in range(2)) for name in ways}
    # On a busy machine LightGBM's threads wait for one another: the faster of both counts.
    pooled = [min(best[name][i] for name in list(ways)[: len(threads)]) for i in range(2)]
    for name, (seconds, cpu) in best.items():
        kind = SUMS.get(name)
        yield {
            "trained": name,
            "records": records,
            "trees": TREES,
            "seconds": seconds,
            "cpu_seconds": cpu,
            "times_pooled": seconds / pooled[0],
            "times_pooled_cpu": cpu / pooled[1],
            "bytes_a_bank_a_tree": sizes[name][kind] / len(case.banks) / TREES if kind else None,
        }


def _timed_training(
    case: Case, strategy: str, params: LightGBMParams, sizes: dict[str, dict[str, int]]
) -> None:
    grid = inprocess_grid(case.banks, case.spec)
    trained = train_federated(
        "lightgbm", grid, case.spec, strategy=strategy, rounds=TREES // 5, params=params, seed=7
    )
    sizes[strategy] = trained.bytes_by_kind


def _masked_bytes(case: Case, params: LightGBMParams) -> dict:
    """Bytes of masked histograms a bank and tree, from two rounds."""
    terms, rounds = MaskingTerms(), 2
    grid = inprocess_grid(case.banks, case.spec, masking=terms)
    begin, options = time.monotonic(), {"rounds": rounds, "params": params, "seed": 7, "masking": terms}
    trained = train_federated("lightgbm", grid, case.spec, strategy="histogram", **options)
    return {
        "trained": "histogram, masked sums",
        "records": sum(bank.train.height for bank in case.banks),
        "trees": 5 * rounds,
        "seconds": time.monotonic() - begin,
        "bytes_a_bank_a_tree": trained.bytes_by_kind["histograms"] / len(case.banks) / (5 * rounds),
    }


def flower(rounds: int) -> Iterator[dict]:
    """Flower's FedXgbBagging on the same banks: its best AUC, and when histograms and it reach that."""
    from benchmarks.flower_bagging import bagged_margins

    case, at = random_case(), [0.0]
    begin = time.monotonic()
    ours = train_federated("lightgbm", inprocess_grid(case.banks, case.spec), case.spec, strategy="histogram",
                           rounds=rounds, patience=6, seed=7, on_round=lambda _: at.append(time.monotonic() - begin),
                           )  # fmt: skip
    model = ours.model
    assert isinstance(model, LightGBMModel)
    tests = [encode(bank.test, model.encoding) for bank in case.banks]
    own = [
        _inside(
            tests,
            [np.asarray(model.booster.predict(t.X, raw_score=True, num_iteration=1 + 5 * r)) for t in tests],
        )
        for r in range(1, ours.best_round + 1)
    ]
    parts = [encode(bank.train, model.encoding) for bank in case.banks]
    ends = np.cumsum([len(t.outcome) for t in tests])[:-1]
    yield _flower_row("histogram", own[-1], at[ours.best_round], ours.best_round)
    # All banks' trees of a round are added up: at the quickstart's rate so many of them overshoot.
    for eta in (0.1, 0.1 / len(parts)):
        margins, seconds = bagged_margins(parts, np.concatenate([t.X for t in tests]), rounds, eta)
        theirs = [_inside(tests, np.split(row, ends)) for row in margins]
        best, name = int(np.argmax(theirs)), f"FedXgbBagging, eta {eta:.4f}"
        yield _flower_row(f"{name}, its best round on the test", theirs[best], seconds[best], best + 1)
        yield _flower_row(f"{name}, last round", theirs[-1], seconds[-1], rounds)
        reached = next((r for r, value in enumerate(own, 1) if value >= theirs[best]), None)
        if reached:
            yield _flower_row(f"histogram, as good as {name} at best", own[reached - 1], at[reached], reached)


def _inside(tests: Sequence[Part], margins: Sequence[np.ndarray]) -> float:
    return float(np.nanmean([auc(t.outcome, m) for t, m in zip(tests, margins, strict=True)]))


def _flower_row(trained: str, mean_auc: float, seconds: float, rounds: int) -> dict:
    return {"trained": trained, "mean_auc": mean_auc, "seconds": seconds, "rounds": rounds}


SECTIONS: dict[str, Callable[[int], Iterator[dict]]] = {
    "quality": quality,
    "skew": skew,
    "time": times,
    "growth": growth,
    "flower": flower,
    "link": link,
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
    """Seconds on the clock, and of the processor."""
    begin = time.monotonic(), time.process_time()
    work()
    return time.monotonic() - begin[0], time.process_time() - begin[1]


def _table(title: str, rows: list[dict]) -> Table:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(_shown(row.get(name)) for name in columns))
    return table


def _shown(value: object) -> str:
    return "" if value is None else f"{value:,.4f}" if isinstance(value, float) else str(value)


def _told(name: str, rows: Iterator[dict]) -> Iterator[dict]:
    """The rows, each printed as it comes."""
    begin = time.monotonic()
    for row in rows:
        figures = ", ".join(f"{key} {_shown(value)}" for key, value in row.items() if value is not None)
        print(f"{name}, after {time.monotonic() - begin:.0f} s: {figures}", flush=True)
        yield row


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--rounds", type=int, default=60)
    asked = parser.parse_args()
    for name in asked.only:
        rows = list(_told(name, SECTIONS[name](asked.rounds)))
        results = (json.loads(RESULTS.read_text()) if RESULTS.exists() else {}) | {name: rows}
        table = _table(str(SECTIONS[name].__doc__).splitlines()[0], results[name])
        Console(width=max(140, 12 * len(table.columns))).print(table)
        results[f"machine of {name}"] = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
        with whole_file(RESULTS) as aside:
            aside.write_text(json.dumps(results, indent=1))
        if name == "growth":
            RESULTS.with_suffix(".png").write_bytes(growth_plot(rows))


if __name__ == "__main__":
    main()
