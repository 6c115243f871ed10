"""Figures of merit of a credit model, each undefined (NaN) where an outcome class is absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Metric = Callable[[np.ndarray, np.ndarray], float]


def auc(outcome: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Area under the ROC curve: the chance that a default scores above a paid loan, ties counting half.

    `weight` counts each record so many times (a bootstrap replicate). NaN where a class is absent.
    """
    true, false = _curve(outcome, score, weight)
    if true[-1] == 0 or false[-1] == 0:
        return float("nan")
    return float(np.trapezoid(true / true[-1], false / false[-1]))


def ks(outcome: np.ndarray, score: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of the score distributions of defaults and paid loans."""
    true, false = _curve(outcome, score, None)
    if true[-1] == 0 or false[-1] == 0:
        return float("nan")
    return float(np.max(np.abs(true / true[-1] - false / false[-1])))


def brier(outcome: np.ndarray, probability: np.ndarray) -> float:
    """Mean squared distance of probability and outcome (Brier 1950)."""
    return float(np.mean((probability - outcome) ** 2)) if len(outcome) else float("nan")


def log_loss(outcome: np.ndarray, probability: np.ndarray) -> float:
    """Mean negative log-likelihood; `probability` is (n,) of default, or (n, C) of each class."""
    if not len(outcome):
        return float("nan")
    if probability.ndim == 1:
        probability = np.column_stack([1.0 - probability, probability])
    chosen = probability[np.arange(len(outcome)), outcome]
    return float(-np.mean(np.log(np.clip(chosen, 1e-15, 1.0))))


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
    draws = _replicates(lambda w: auc(outcome, score, w), len(outcome), seed, replicates)
    return _interval(auc(outcome, score), draws, level)


def auc_difference(
    outcome: np.ndarray, score: np.ndarray, other: np.ndarray, *, seed: int, replicates: int = 200, level: float = 0.95
) -> Interval:
    """AUC of `score` less AUC of `other` on the same records, with its paired bootstrap interval."""

    def difference(weight: np.ndarray | None) -> float:
        return auc(outcome, score, weight) - auc(outcome, other, weight)

    return _interval(difference(None), _replicates(difference, len(outcome), seed, replicates), level)


def _curve(outcome: np.ndarray, score: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Cumulated weights of defaults and of paid loans by falling score, starting at 0."""
    order = np.argsort(-score, kind="stable")
    weight = np.ones(len(score)) if weight is None else weight[order]
    is_default = outcome[order] == 1
    last_of_tie = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    true = np.cumsum(weight * is_default)
    false = np.cumsum(weight * ~is_default)
    if not len(score):
        return np.zeros(1), np.zeros(1)
    return np.append(0.0, true[last_of_tie]), np.append(0.0, false[last_of_tie])


def _replicates(figure: Callable[[np.ndarray], float], n: int, seed: int, replicates: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if n == 0:
        return np.full(replicates, np.nan)
    return np.array([figure(rng.multinomial(n, np.full(n, 1.0 / n)).astype(float)) for _ in range(replicates)])


def _interval(value: float, draws: np.ndarray, level: float) -> Interval:
    tail = (1.0 - level) / 2.0
    if np.isnan(draws).all():
        return Interval(value, float("nan"), float("nan"))
    low, high = np.nanquantile(draws, [tail, 1.0 - tail])
    return Interval(value, float(low), float(high))
