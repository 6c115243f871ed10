"""Points: the calibrated log odds on a scale for people, and what each feature adds to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credit.calibration import Calibration
from credit.policy import ScorePolicy

# Below this distance from the reference no slope can be taken between the two.
NEAR = 1e-9
STEP = 1e-4


@dataclass(frozen=True)
class PointsScale:
    """Margins in points: `base_score` at `base_odds`, `points_to_double_odds` more at odds twice as good."""

    policy: ScorePolicy
    calibration: Calibration

    def points(self, margin: np.ndarray) -> np.ndarray:
        """Points of margins, shape as `margin`, held within the policy's range; the more, the safer."""
        p = self.policy
        odds = -self.calibration.log_odds(np.asarray(margin, dtype=float))
        doublings = (odds - np.log(p.base_odds)) / np.log(2.0)
        points = p.base_score + p.points_to_double_odds * doublings
        return np.minimum(np.maximum(points, p.low), p.high)

    def margins_worth(self, contributions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points each feature adds, shape (n, F), and the reference's points, shape (n,).

        `contributions` add up to the margin, shape (n, F + 1), the reference's margin last (of SHAP: the
        average applicant's). Points of the features and of the reference add up to the applicant's points:
        every feature is paid at the rate that holds between the reference and the applicant, so that
        calibration and the limits of the scale keep the sum exact and the order of features.
        """
        reference, margin = contributions[:, -1], contributions.sum(axis=1)
        distance = margin - reference
        near = np.abs(distance) < NEAR
        start, end = self.points(np.stack([reference, margin]))
        slope = (end - start) / np.where(near, 1.0, distance)
        if near.any():
            slope = np.where(near, self._slope_at(reference), slope)
        return contributions[:, :-1] * slope[:, None], start

    def _slope_at(self, margin: np.ndarray) -> np.ndarray:
        return (self.points(margin + STEP) - self.points(margin - STEP)) / (2 * STEP)

    def band(self, points: float) -> str:
        """The band that `points` fall into."""
        return next(b.name for b in reversed(self.policy.bands) if points >= b.low)
