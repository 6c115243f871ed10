"""Strategies side by side on the same banks: what each reaches, what it sends, how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl

from credit.features import OUTCOME, BankRecords, FeatureSpec
from credit.metrics import auc, log_loss
from credit.models import Model
from credit.workers import in_parallel
from federated.baselines import train_local, train_pooled
from federated.personalisation import personalise
from federated.strategies.choice import served_strategy
from federated.training import inprocess_grid, train_federated

COLUMNS = ("case", "family", "trained", "mean_auc", "auc", "log_loss", "seconds", "kb_a_bank", "rounds")
OWN = " + own"
Result = TypeVar("Result")


def no_more(family: str, trained: str, models: Sequence[Model]) -> dict[str, float]:
    """No further figures."""
    return {}


@dataclass(frozen=True)
class Case:
    """Banks to compare on, and what sets them apart; `more` gives a row further figures, of each bank's model."""

    name: str
    banks: Sequence[BankRecords]
    spec: FeatureSpec
    more: Callable[[str, str, Sequence[Model]], dict[str, float]] = no_more


@dataclass(frozen=True)
class Terms:
    """How long every strategy may train: it ends `patience` rounds after its lowest validation loss."""

    rounds: int
    patience: int | None
    seed: int


def compare(case: Case, families: Sequence[str], strategies: Sequence[str], terms: Terms) -> Iterator[dict]:
    """One row (COLUMNS) a family and strategy, and for training locally and pooled, as each is done.

    `mean_auc` is the mean AUC inside each bank's test records, `auc` and `log_loss` are over all of them;
    `trained` ends with OWN where each bank continues the shared model. A strategy is left out for a family
    that it does not serve.
    """
    for family in families:
        seconds, local = _timed(lambda f=family: _local(case, f, terms.seed))
        yield row_of(case, family, "local", local, seconds)
        seconds, pooled = _timed(lambda f=family: train_pooled(f, case.banks, case.spec, terms.seed))
        yield from _shared(case, family, "pooled", pooled, seconds, terms)
        for strategy in strategies:
            if served_strategy(strategy, family) == strategy:
                yield from _federated(case, family, strategy, terms)


def inside_auc(models: Sequence[Model], banks: Sequence[BankRecords]) -> np.ndarray:
    """AUC of each bank's model on its own test records, shape (banks,); NaN where an outcome class is absent."""
    return np.array([auc(*_scored(model, bank.test)) for model, bank in zip(models, banks, strict=True)])


def _federated(case: Case, family: str, strategy: str, terms: Terms) -> Iterator[dict]:
    grid = inprocess_grid(case.banks, case.spec)
    seconds, trained = _timed(
        lambda: train_federated(
            family, grid, case.spec, strategy=strategy, rounds=terms.rounds, patience=terms.patience,
            seed=terms.seed,
        )
    )  # fmt: skip
    sent = sum(trained.bytes_by_kind.values()) / len(case.banks) / 1000
    more = {"kb_a_bank": sent, "rounds": trained.best_round}
    yield from _shared(case, family, strategy, trained.model, seconds, terms, more)


def _shared(
    case: Case,
    family: str,
    trained: str,
    model: Model,
    seconds: float,
    terms: Terms,
    more: dict[str, float] | None = None,
) -> Iterator[dict]:
    """Rows of a shared model, and of what the banks make of it."""
    yield row_of(case, family, trained, [model] * len(case.banks), seconds) | (more or {})
    seconds, own = _timed(
        lambda: in_parallel(lambda bank: personalise(model, bank, case.spec, terms.seed).model, case.banks)
    )
    yield row_of(case, family, trained + OWN, own, seconds)


def _local(case: Case, family: str, seed: int) -> list[Model]:
    return in_parallel(lambda bank: train_local(family, bank, case.spec, seed), case.banks)


def row_of(case: Case, family: str, trained: str, models: Sequence[Model], seconds: float) -> dict:
    """The row (COLUMNS) of each bank's model."""
    scored = [_scored(m, bank.test) for m, bank in zip(models, case.banks, strict=True) if bank.test.height]
    outcome, chance = (np.concatenate(column) for column in zip(*scored, strict=True))
    figures = (np.nanmean(inside_auc(models, case.banks)), auc(outcome, chance), log_loss(outcome, chance))
    known = (case.name, family, trained, *map(float, figures), seconds, None, None)
    return dict(zip(COLUMNS, known, strict=True)) | case.more(family, trained, models)


def _scored(model: Model, records: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Whether each record is of the last class, and the chance of that."""
    if not records.height:
        return np.zeros(0, int), np.zeros(0)
    outcome = records[OUTCOME].to_numpy() == len(model.classes) - 1
    return outcome.astype(int), model.probabilities(model.encoding.matrix(records))[:, -1]


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    begin = time.monotonic()
    result = work()
    return time.monotonic() - begin, result
