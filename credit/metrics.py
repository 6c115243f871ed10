"""Figures of merit of a credit model, each undefined (NaN) where an outcome class is absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Metric = Callable[[np.ndarray, np.ndarray], float]
LEAST = 1e-15
MOST_LOSS = -float(np.log(LEAST))


@dataclass(frozen=True)
class Ranking:
    """Records by falling score, ties grouped: all that AUC and KS need, sorted once for many weights."""

    order: np.ndarray
    is_default: np.ndarray
    last_of_tie: np.ndarray

    @classmethod
    def of(cls, outcome: np.ndarray, score: np.ndarray) -> Ranking:
        order = np.argsort(-score, kind="stable")
        last = (
            np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
            if len(score)
            else np.zeros(0, int)
        )
        return cls(order, (outcome == 1)[order], last)

    def curve(self, weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Cumulated weights of defaults and of paid loans, starting at 0; a weight counts a record so often."""
        weights = np.ones(len(self.order)) if weight is None else weight[self.order]
        true = np.cumsum(weights * self.is_default)[self.last_of_tie]
        both = np.cumsum(weights)[self.last_of_tie]
        return np.append(0.0, true), np.append(0.0, both - true)

    def auc(self, weight: np.ndarray | None = None) -> float:
        true, false = self.curve(weight)
        if true[-1] == 0 or false[-1] == 0:
            return float("nan")
        return float(np.trapezoid(true, false) / (true[-1] * false[-1]))


def auc(outcome: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a default scores above a paid loan, ties counting half.

    NaN where a class is absent.
    """
    return Ranking.of(outcome, score).auc()


def ks(outcome: np.ndarray, score: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of the score distributions of defaults and paid loans."""
    true, false = Ranking.of(outcome, score).curve()
    if true[-1] == 0 or false[-1] == 0:
        return float("nan")
    return float(np.max(np.abs(true / true[-1] - false / false[-1])))


def brier(outcome: np.ndarray, probability: np.ndarray) -> float:
    """Mean squared distance of probability and outcome (Brier 1950)."""
    return float(np.mean((probability - outcome) ** 2)) if len(outcome) else float("nan")


def log_losses(outcome: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Negative log-likelihood of each record, at most MOST_LOSS, shape (n,); `probability` as in `log_loss`."""
    if probability.ndim == 1:
        probability = np.column_stack([1.0 - probability, probability])
    chosen = probability[np.arange(len(outcome)), outcome]
    return -np.log(np.clip(chosen, LEAST, 1.0))


def log_loss(outcome: np.ndarray, probability: np.ndarray) -> float:
    """Mean negative log-likelihood; `probability` is (n,) of default, or (n, C) of each class."""
    return float(log_losses(outcome, probability).mean()) if len(outcome) else float("nan")


BINARY_METRICS: dict[str, Metric] = {"auc": auc, "ks": ks, "brier": brier, "logloss": log_loss}


@dataclass(frozen=True)
class Interval:
    """A figure with the percentile bootstrap interval around it (Efron & Tibshirani 1993)."""

    value: float
    low: float
    high: float


def auc_interval(
    outcome: np.ndarray, score: np.ndarray, *, seed: int, replicates: int = 200, level: float = 0.95
) -> Interval:
    """AUC with its bootstrap interval; NaN bounds where a class is absent."""
    ranking = Ranking.of(outcome, score)
    return percentile_interval(ranking.auc(), _replicates(ranking.auc, len(outcome), seed, replicates), level)


def auc_difference(
    outcome: np.ndarray,
    score: np.ndarray,
    other: np.ndarray,
    *,
    seed: int,
    replicates: int = 200,
    level: float = 0.95,
) -> Interval:
    """AUC of `score` less AUC of `other` on the same records, with its paired bootstrap interval."""
    one, two = Ranking.of(outcome, score), Ranking.of(outcome, other)

    def difference(weight: np.ndarray | None = None) -> float:
        return one.auc(weight) - two.auc(weight)

    return percentile_interval(difference(), _replicates(difference, len(outcome), seed, replicates), level)


def _replicates(figure: Callable[[np.ndarray], float], n: int, seed: int, replicates: int) -> np.ndarray:
    """`figure` of as many resamples with replacement, each given as the times a record was drawn."""
    rng = np.random.default_rng(seed)
    if n == 0:
        return np.full(replicates, np.nan)
    return np.array([figure(np.bincount(rng.integers(0, n, n), minlength=n)) for _ in range(replicates)])


def percentile_interval(value: float, draws: np.ndarray, level: float) -> Interval:
    """`value` with the interval that holds a share of `level` of the bootstrap's `draws`."""
    tail = (1.0 - level) / 2.0
    if not len(draws) or np.isnan(draws).all():
        return Interval(value, float("nan"), float("nan"))
    low, high = np.nanquantile(draws, [tail, 1.0 - tail])
    return Interval(value, float(low), float(high))
