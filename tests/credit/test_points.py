"""Points follow the odds, and each feature's points add up to the score."""

from __future__ import annotations

import numpy as np
import pytest

from credit.calibration import UNCALIBRATED, Calibration
from credit.points import PointsScale
from credit.policy import ScorePolicy

STEEP = Calibration("isotonic", (-2.0, -1.0, 0.5, 2.0), (-3.0, -2.5, 0.1, 0.4), 1.0)
FREE = ScorePolicy(low=-10_000, high=10_000, bands=({"name": "any", "low": -10_000},))  # type: ignore[arg-type]


def margin_of(odds: float) -> np.ndarray:
    """The margin at so many good loans to one default."""
    return -np.log([odds])


def test_the_base_odds_earn_the_base_score_and_doubled_odds_the_points_to_double():
    scale = PointsScale(ScorePolicy(), UNCALIBRATED)
    assert scale.points(margin_of(10)) == pytest.approx([600])
    assert scale.points(margin_of(20)) == pytest.approx([650])
    assert scale.points(margin_of(5)) == pytest.approx([550])


def test_points_stay_in_their_range():
    scale = PointsScale(ScorePolicy(), UNCALIBRATED)
    assert scale.points(np.array([50.0, -50.0])).tolist() == [300, 850]


@pytest.mark.parametrize("calibration", [UNCALIBRATED, STEEP, Calibration("platt", (0.0,), (0.3,), 0.7)])
@pytest.mark.parametrize("policy", [ScorePolicy(), FREE], ids=["held", "free"])
def test_points_of_features_and_reference_add_up(calibration, policy):
    scale = PointsScale(policy, calibration)
    contributions = np.random.default_rng(0).normal(0, 2, (2000, 6))
    contributions[0, :-1] = 0
    worth, start = scale.margins_worth(contributions)
    np.testing.assert_allclose(worth.sum(axis=1) + start, scale.points(contributions.sum(axis=1)), atol=1e-6)


def test_a_feature_that_raises_the_risk_costs_points():
    worth, _ = PointsScale(FREE, STEEP).margins_worth(np.array([[0.5, -0.2, 0.0, -1.0]]))
    assert worth[0, 0] < 0 < worth[0, 1] and worth[0, 2] == 0


def test_bands_begin_at_their_lowest_score():
    scale = PointsScale(ScorePolicy(), UNCALIBRATED)
    assert [scale.band(p) for p in (300, 549.9, 550, 850)] == [
        "very high risk",
        "high risk",
        "medium risk",
        "very low risk",
    ]
