"""What one part's records tell of calibrated decisions: all that calibration, cost and points show, additive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credit.calibration import RATE_BINS, error_of_sums, noise_of_sums, rate_sums
from credit.metrics import log_losses
from credit.scoring import Scoring
from credit.stability import POINT_BINS, point_counts
from credit.threshold import GRID, decision_sums

SHAPES = ((2, len(GRID) - 1), (RATE_BINS, 3), (RATE_BINS, 3), (POINT_BINS, 2), (3,))


@dataclass(frozen=True)
class DecisionSums:
    """Sums over records, by what they are needed for.

    `costs` as of `decision_sums`; `raw` and `calibrated` as of `rate_sums`, of the margin's own probability and
    of the calibrated one; `points` are records by bin of the points and outcome, shape (110, 2); `losses` the
    sums of log loss before and after calibration and of squared errors, shape (3,).
    """

    costs: np.ndarray
    raw: np.ndarray
    calibrated: np.ndarray
    points: np.ndarray
    losses: np.ndarray

    @classmethod
    def of(cls, margin: np.ndarray, default: np.ndarray, scoring: Scoring) -> DecisionSums:
        """Of risk margins and outcomes (1: default), both of shape (n,)."""
        scale = scoring.scale
        raw, pd = 1.0 / (1.0 + np.exp(-margin)), scale.calibration.probability(margin)
        points, limits = scale.points(margin), (scale.policy.low, scale.policy.high)
        return cls(
            decision_sums(pd, default),
            rate_sums(raw, default),
            rate_sums(pd, default),
            np.column_stack([point_counts(points[default == k], *limits) for k in (0, 1)]),
            np.array(
                [log_losses(default, raw).sum(), log_losses(default, pd).sum(), ((pd - default) ** 2).sum()]
            ),
        )

    def to_vector(self) -> np.ndarray:
        """All sums as one additive vector."""
        return np.concatenate([np.ravel(v) for v in vars(self).values()])

    @classmethod
    def from_vector(cls, vector: np.ndarray) -> DecisionSums:
        """What a (summed) vector of `to_vector` holds."""
        parts = np.split(vector, np.cumsum([np.prod(s) for s in SHAPES])[:-1])
        return cls(*(part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)))

    def figures(self, threshold: float) -> dict[str, float]:
        """Figures before and after calibration; `threshold` is one of `threshold.GRID`."""
        records, defaults, pd = self.calibrated.sum(axis=0)
        n = max(records, 1.0)
        approved = self.costs[:, : int(np.searchsorted(GRID, threshold))].sum()
        return {
            "records": round(records),
            "raw_error": error_of_sums(self.raw),
            "error": error_of_sums(self.calibrated),
            "error_noise": noise_of_sums(self.calibrated),
            "raw_logloss": float(self.losses[0] / n),
            "logloss": float(self.losses[1] / n),
            "brier": float(self.losses[2] / n),
            "mean_pd": float(pd / n),
            "default_rate": float(defaults / n),
            "approval": float(approved / n),
        }
