"""Log loss of margins and its derivatives, for two classes (K = 1) or more (K = C)."""

from __future__ import annotations

import numpy as np
from numba import njit

from credit.models import class_probabilities


def gradients(margin: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative of the log loss by margin, each of shape (n, K).

    For more than two classes the second derivative carries the factor K / (K - 1), as LightGBM's does
    (Friedman 2001).
    """
    if margin.shape[1] == 1:
        return _binary_gradients(np.ascontiguousarray(margin), np.asarray(outcome, np.int64))
    k, chance = margin.shape[1], class_probabilities(margin)
    g = chance.copy()
    g[np.arange(len(outcome)), outcome] -= 1.0
    return g, k / (k - 1.0) * chance * (1.0 - chance)


def balanced(margin: np.ndarray, outcome: np.ndarray, steps: int = 5) -> np.ndarray:
    """`margin` moved by a constant each so that mean gradients vanish (Newton steps, held back a little).

    From there a tree ranks the records; a bank of an unusual default rate doesn't spend its splits on that.
    """
    moved = margin.copy()
    for _ in range(steps):
        g, h = gradients(moved, outcome)
        moved -= np.clip(g.sum(axis=0) / (h.sum(axis=0) + 1.0), -2.0, 2.0)
    return moved


def log_loss_sum(margin: np.ndarray, outcome: np.ndarray) -> float:
    """Sum of the records' log losses; 0 without records."""
    if margin.shape[1] == 1:
        return _binary_loss(np.ascontiguousarray(margin), np.asarray(outcome, np.int64))
    top = margin.max(axis=1, keepdims=True, initial=-np.inf)
    log_total = top[:, 0] + np.log(np.exp(margin - top).sum(axis=1))
    return float((log_total - margin[np.arange(len(outcome)), outcome]).sum())


@njit(cache=True, nogil=True)
def _binary_gradients(margin, outcome):
    g, h = np.empty(margin.shape), np.empty(margin.shape)
    for i in range(len(margin)):
        p = 1.0 / (1.0 + np.exp(-margin[i, 0]))
        g[i, 0], h[i, 0] = p - outcome[i], p * (1.0 - p)
    return g, h


@njit(cache=True, nogil=True)
def _binary_loss(margin, outcome):
    total = 0.0
    for i in range(len(margin)):
        m = margin[i, 0]
        total += max(m, 0.0) + np.log1p(np.exp(-abs(m))) - outcome[i] * m
    return total
