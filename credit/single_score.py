"""Probability and points of one applicant in plain floats: what `Scoring` does to arrays, without their overhead."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import exp, log

from credit.calibration import Calibration
from credit.points import NEAR, STEP
from credit.scoring import Scoring

# exp of more is no float.
LARGEST = 700.0


class SingleScore:
    """Scores one applicant at a time by a `Scoring`; `margins` are those of its model, one or one a class."""

    def __init__(self, scoring: Scoring):
        policy, calibration = scoring.scale.policy, scoring.scale.calibration
        self._calibrated = calibration.method != "none"
        self._log_odds = _Curve(calibration)
        self._low, self._high = policy.low, policy.high
        self._base, self._double = policy.base_score, policy.points_to_double_odds
        self._base_odds, self._log_two = log(policy.base_odds), log(2.0)

    def probability(self, margins: Sequence[float]) -> float:
        """Calibrated probability of default."""
        if self._calibrated or len(margins) == 1:
            return 1.0 / (1.0 + exp(min(-self._log_odds(risk_of(margins)), LARGEST)))
        highest = max(margins)
        shifted = [exp(m - highest) for m in margins]
        return shifted[-1] / sum(shifted)

    def points(self, margin: float) -> float:
        """Points of a risk margin."""
        doublings = (-self._log_odds(margin) - self._base_odds) / self._log_two
        return min(max(self._base + self._double * doublings, self._low), self._high)

    def rate(self, reference: float, margin: float) -> float:
        """Points that one unit of contribution is worth between an average applicant's margin and this one's."""
        distance = margin - reference
        if abs(distance) < NEAR:
            return (self.points(reference + STEP) - self.points(reference - STEP)) / (2 * STEP)
        return (self.points(margin) - self.points(reference)) / distance


def risk_of(margins: Sequence[float]) -> float:
    """One margin, as `credit.calibration.risk_margin` has it."""
    return margins[0] if len(margins) == 1 else margins[-1] - sum(margins) / len(margins)


class _Curve:
    """A calibration's rising line through its knots."""

    def __init__(self, calibration: Calibration):
        self._x, self._y, self._slope = calibration.x, calibration.y, calibration.slope

    def __call__(self, margin: float) -> float:
        x, y = self._x, self._y
        if margin <= x[0]:
            return y[0] + self._slope * (margin - x[0])
        if margin >= x[-1]:
            return y[-1] + self._slope * (margin - x[-1])
        j = bisect_right(x, margin) - 1
        return (y[j + 1] - y[j]) / (x[j + 1] - x[j]) * (margin - x[j]) + y[j]
