"""Scores counted by outcome in fine bins: all that the figures of merit need, additive over banks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credit.metrics import Interval, percentile_interval

BINS, REACH = 2000, 10.0
WIDTH = 2 * REACH / BINS
CENTRES = -REACH + WIDTH * (np.arange(BINS) + 0.5)
CHANCES = 1.0 / (1.0 + np.exp(-CENTRES))
FLOOR = 1e-4


@dataclass(frozen=True)
class ScoreHistogram:
    """Paid loans and defaults by bin of the log odds, shape (BINS, 2); the outer bins take what lies beyond.

    A bin stands for its middle: a log loss is off by at most half a bin's WIDTH, a Brier score by less than a
    quarter, AUC and KS by at most the share of pairs, or of records, that fall in one bin.
    """

    counts: np.ndarray

    @classmethod
    def of(cls, outcome: np.ndarray, probability: np.ndarray) -> ScoreHistogram:
        """Count probabilities of default by `outcome` (1: default), each of shape (n,)."""
        inside = np.clip(probability, 1e-15, 1 - 1e-15)
        place = np.floor((np.log(inside / (1 - inside)) + REACH) / WIDTH).astype(int)
        flat = np.bincount(np.clip(place, 0, BINS - 1) * 2 + (outcome == 1), minlength=2 * BINS)
        return cls(flat.reshape(BINS, 2).astype(float))

    @property
    def records(self) -> float:
        return float(self.counts.sum())

    def auc(self) -> float:
        """Area under the ROC curve, ties within a bin counting half; NaN where a class is absent."""
        return float(_areas(self.counts[None])[0])

    def auc_interval(self, *, seed: int, replicates: int = 200, level: float = 0.95) -> Interval:
        """AUC with its interval by the Poisson bootstrap (Hanley & MacGibbon 2006), of counts bin by bin."""
        often = np.random.default_rng(seed).poisson(np.abs(self.counts), (replicates, BINS, 2))
        return percentile_interval(self.auc(), _areas(np.sign(self.counts) * often), level)

    def ks(self) -> float:
        """Kolmogorov-Smirnov distance of defaults and paid loans; NaN where a class is absent."""
        totals = self.counts.sum(axis=0)
        if not totals.all():
            return float("nan")
        paid, default = (np.cumsum(self.counts, axis=0) / totals).T
        return float(np.abs(paid - default).max())

    def brier(self) -> float:
        """Mean squared distance of probability and outcome."""
        errors = np.column_stack([CHANCES**2, (1.0 - CHANCES) ** 2])
        return float((self.counts * errors).sum() / self.records) if self.records else float("nan")

    def log_loss(self) -> float:
        """Mean negative log-likelihood."""
        losses = -np.log(np.column_stack([1.0 - CHANCES, CHANCES]))
        return float((self.counts * losses).sum() / self.records) if self.records else float("nan")

    def calibration(self, groups: int = 10) -> np.ndarray:
        """Records, mean probability and default rate of about equal groups by rising score, shape (<= groups, 3)."""
        by_bin = self.counts.sum(axis=1)
        place = np.minimum((np.cumsum(by_bin) - by_bin / 2.0) * groups / max(self.records, 1.0), groups - 1)
        sums = np.zeros((groups, 3))
        np.add.at(sums, place.astype(int), np.column_stack([by_bin, by_bin * CHANCES, self.counts[:, 1]]))
        filled = sums[sums[:, 0] > 0]
        return np.column_stack([filled[:, 0], filled[:, 1:] / filled[:, :1]])

    def psi(self, before: ScoreHistogram, groups: int = 10) -> float:
        """Population stability index against `before`, over the tenths of its scores; NaN without records."""
        if not self.records or not before.records:
            return float("nan")
        old = before.counts.sum(axis=1)
        tenth = np.minimum((np.cumsum(old) - old / 2.0) * groups / before.records, groups - 1).astype(int)
        was, now = (
            np.maximum(np.bincount(tenth, h.counts.sum(axis=1), groups) / h.records, FLOOR)
            for h in (before, self)
        )
        return float(((now - was) * np.log(now / was)).sum())

    def figures(self) -> dict[str, float]:
        """AUC, KS, Brier score and log loss by name."""
        return {"auc": self.auc(), "ks": self.ks(), "brier": self.brier(), "logloss": self.log_loss()}


def _areas(counts: np.ndarray) -> np.ndarray:
    """AUC of each histogram, counts of shape (m, BINS, 2); NaN where a class is absent."""
    paid, default = counts[:, :, 0], counts[:, :, 1]
    below = np.cumsum(paid, axis=1) - paid
    pairs = paid.sum(axis=1) * default.sum(axis=1)
    won = (default * (below + paid / 2.0)).sum(axis=1)
    return np.divide(won, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)
