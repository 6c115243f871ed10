"""Every model on every bank's records: scores, and the table of figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credit.features import OUTCOME, BankRecords
from credit.metrics import BINARY_METRICS, auc, auc_interval, log_loss
from credit.models import Model
from credit.multiclass import MULTICLASS_METRICS

ALL_BANKS = "all banks"
CLASS, CHANCES = "class", "chances"
CLASS_METRICS = {**MULTICLASS_METRICS, "logloss": log_loss}


@dataclass(frozen=True)
class Candidate:
    """A model to evaluate: of one bank where `bank` is named, of all banks otherwise."""

    family: str
    strategy: str
    model: Model
    bank: str | None = None


def score_banks(candidates: Iterable[Candidate], banks: Iterable[BankRecords], part: str) -> pl.DataFrame:
    """PD of each record of `part` by each candidate that applies to its bank.

    Columns: family, strategy, bank, outcome (1: default, the worst class), pd; one row a record and candidate.
    A record's place within its bank is the same for every candidate. With three or more classes there are also
    `class`, the class number, and `chances`, the probability of each class.
    """
    every = list(candidates)
    frames = [
        _scores(candidate, bank.name, bank.part(part))
        for bank in banks
        for candidate in every
        if candidate.bank in (None, bank.name) and bank.part(part).height
    ]
    return pl.concat(frames)


def _scores(candidate: Candidate, bank: str, records: pl.DataFrame) -> pl.DataFrame:
    chances = candidate.model.probabilities(candidate.model.encoding.matrix(records))
    n_classes = chances.shape[1]
    columns: dict[str, Any] = {
        "family": candidate.family,
        "strategy": candidate.strategy,
        "bank": bank,
        "outcome": (records[OUTCOME] == n_classes - 1).cast(pl.Int64),
        "pd": chances[:, -1],
    }
    if n_classes > 2:
        columns |= {
            CLASS: records[OUTCOME],
            CHANCES: pl.Series(chances, dtype=pl.Array(pl.Float64, n_classes)),
        }
    return pl.DataFrame(
        columns, schema_overrides={"family": pl.String, "strategy": pl.String, "bank": pl.String}
    )


def figures(
    test: pl.DataFrame, train: pl.DataFrame, *, seed: int, replicates: int = 200, overall: bool = True
) -> pl.DataFrame:
    """The table models x banks of AUC with its interval, KS, Brier, log loss and train-test gap.

    With three or more classes these are of the worst class against the rest, but for the log loss, and the table
    has accuracy, macro F1, one-vs-rest AUC, quadratic kappa and the train-test gap of the accuracy as well.
    `test` and `train` are of `score_banks`; rows with bank = ALL_BANKS are over all records together, and are
    left out where `overall` is not wanted.
    Figures that need both classes are null where a bank has one.
    """
    before = {key: (auc(*arrays(frame)), _class_figures(frame)) for key, frame in _groups(train, overall)}
    rows = [
        _row(key, frame, *before.get(key, (float("nan"), {})), seed, replicates)
        for key, frame in _groups(test, overall)
    ]
    return pl.DataFrame(rows).fill_nan(None).sort("bank", "family", "strategy")


def _groups(scores: pl.DataFrame, overall: bool) -> Iterator[tuple[tuple[str, str, str], pl.DataFrame]]:
    keys = ["family", "strategy", "bank"]
    for (family, strategy), frame in scores.partition_by(keys[:2], as_dict=True).items() if overall else ():
        yield (str(family), str(strategy), ALL_BANKS), frame
    for (family, strategy, bank), frame in scores.partition_by(keys, as_dict=True).items():
        yield (str(family), str(strategy), str(bank)), frame


def _row(
    key: tuple[str, str, str],
    frame: pl.DataFrame,
    train_auc: float,
    train_figures: dict[str, float],
    seed: int,
    replicates: int,
) -> dict:
    outcome, pd = arrays(frame)
    interval = auc_interval(outcome, pd, seed=seed, replicates=replicates)
    return {
        **dict(zip(("family", "strategy", "bank"), key, strict=True)),
        "records": len(outcome),
        "defaults": int(outcome.sum()),
        **{name: metric(outcome, pd) for name, metric in BINARY_METRICS.items()},
        "auc_low": interval.low,
        "auc_high": interval.high,
        "gap": train_auc - interval.value,
        **_class_row(_class_figures(frame), train_figures),
    }


def _class_figures(frame: pl.DataFrame) -> dict[str, float]:
    """What three or more classes add; nothing for two."""
    if CLASS not in frame.columns:
        return {}
    outcome, chances = frame[CLASS].to_numpy(), frame[CHANCES].to_numpy()
    return {name: metric(outcome, chances) for name, metric in CLASS_METRICS.items()}


def _class_row(test: dict[str, float], train: dict[str, float]) -> dict[str, float]:
    if not test:
        return {}
    return {**test, "accuracy_gap": train.get("accuracy", float("nan")) - test["accuracy"]}


def arrays(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes and PDs of a frame of `score_banks`."""
    return frame["outcome"].to_numpy(), frame["pd"].to_numpy()
