"""Figures of merit for three or more ordered outcome classes; each undefined (NaN) where it needs an absent class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from credit.metrics import auc


def accuracy(outcome: np.ndarray, probability: np.ndarray) -> float:
    """Share of records whose most probable class is theirs; `outcome` (n,) class numbers, `probability` (n, C)."""
    return float(np.mean(probability.argmax(axis=1) == outcome)) if len(outcome) else float("nan")


def macro_f1(outcome: np.ndarray, probability: np.ndarray) -> float:
    """Mean over classes of the harmonic mean of precision and recall; a class never met nor said does not count."""
    return f1_of(confusion(outcome, probability))


def f1_of(table: np.ndarray) -> float:
    """`macro_f1` of a (summed) `confusion`."""
    both = table.sum(axis=0) + table.sum(axis=1)
    scores = 2.0 * np.diag(table)[both > 0] / both[both > 0]
    return float(scores.mean()) if len(scores) else float("nan")


def auc_one_vs_rest(outcome: np.ndarray, probability: np.ndarray) -> float:
    """Mean over classes of the AUC of the class against all others (Provost & Domingos 2001, unweighted)."""
    each = [auc((outcome == k).astype(int), probability[:, k]) for k in range(probability.shape[1])]
    return float(np.mean(each))


def quadratic_kappa(outcome: np.ndarray, probability: np.ndarray) -> float:
    """Agreement beyond chance, a miss by two classes counting four times one by one (Cohen 1968)."""
    return kappa_of(confusion(outcome, probability))


def kappa_of(table: np.ndarray) -> float:
    """`quadratic_kappa` of a (summed) `confusion`."""
    total, ranks = table.sum(), np.arange(len(table))
    if not total:
        return float("nan")
    weight = (ranks[:, None] - ranks[None, :]) ** 2.0
    chance = (weight * np.outer(table.sum(axis=1), table.sum(axis=0)) / total).sum()
    return float(1.0 - (weight * table).sum() / chance) if chance else float("nan")


def confusion(outcome: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Records by true class (rows) and most probable class (columns), shape (C, C)."""
    classes = probability.shape[1]
    flat = np.bincount(outcome * classes + probability.argmax(axis=1), minlength=classes**2)
    return flat.reshape(classes, classes).astype(float)


MULTICLASS_METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": accuracy,
    "macro_f1": macro_f1,
    "auc_ovr": auc_one_vs_rest,
    "kappa": quadratic_kappa,
}
