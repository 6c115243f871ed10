"""A bank's own model is calibrated on the bank's records: as far as they tell, and no further."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from credit.calibration import (
    UNCALIBRATED,
    Calibration,
    ScoreHistogram,
    calibration_error,
    crossed_loss,
    isotonic,
    moved,
)
from credit.own_scoring import ENOUGH, own_calibration, own_scoring
from credit.points import PointsScale
from credit.policy import CostPolicy, ScorePolicy
from credit.scoring import Scoring

PLATT = Calibration("platt", (0.0,), (-0.3,), 0.8)
BENT = Calibration("isotonic", (-2.0, 0.0, 1.0), (-2.5, -1.0, 0.2), 1.0)
SHARED = {"none": UNCALIBRATED, "platt": PLATT, "isotonic": BENT}
GRID = np.linspace(-12, 12, 2000)


def records(n: int, seed: int = 0, move: float = -1.0) -> tuple[np.ndarray, np.ndarray]:
    """Margins whose log odds lie `move` beside and are half as wide."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, 2, n)
    return margin, (rng.random(n) < 1 / (1 + np.exp(-(move + 0.5 * margin)))).astype(int)


def steps(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Margins whose default rate rises in one step."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, 2, n)
    return margin, (rng.random(n) < np.where(margin > 0, 0.6, 0.05)).astype(int)


def fitted(shared: Calibration, margin: np.ndarray, default: np.ndarray) -> Calibration:
    return own_calibration(shared, ScoreHistogram.count(margin, default))


def error(calibration: Calibration, margin: np.ndarray, default: np.ndarray) -> float:
    return calibration_error(calibration.probability(margin), default)


@pytest.mark.parametrize("shared", SHARED.values(), ids=SHARED)
@pytest.mark.parametrize("n", [100, 300, 900, 5000])
def test_a_banks_probabilities_come_nearer_to_its_outcomes_also_on_records_not_seen(shared, n):
    own = fitted(shared, *records(n))
    assert error(own, *records(n)) < error(shared, *records(n))
    assert error(own, *records(20_000, seed=1)) < error(shared, *records(20_000, seed=1))


@pytest.mark.parametrize("shared", SHARED.values(), ids=SHARED)
def test_without_records_the_shared_map_stays(shared):
    own = fitted(shared, np.zeros(0), np.zeros(0))
    np.testing.assert_allclose(own.log_odds(GRID), shared.log_odds(GRID), atol=1e-9)


def test_few_records_leave_the_shared_map_nearer_than_many():
    near = np.linspace(-2, 2, 50)

    def away(n: int) -> float:
        owns = [fitted(PLATT, *records(n, seed, move=-3.0)).log_odds(near) for seed in range(20)]
        return float(np.mean(np.abs(owns - PLATT.log_odds(near))))

    assert away(2) < 0.5 * away(50) < away(500)


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_outcome_alone_moves_the_shared_map_within_bounds(outcome):
    margin, _ = records(300)
    own = fitted(PLATT, margin, np.full(300, outcome))
    rate = own.probability(margin).mean()
    assert 0.9 < (rate if outcome else 1 - rate) < 1


def test_only_enough_records_bring_an_isotonic_map_of_its_own():
    assert fitted(PLATT, *steps(ENOUGH - 1)).method == "platt"
    assert fitted(PLATT, *steps(3000)).method == "isotonic"
    assert fitted(PLATT, *records(3000)).method == "platt"


def test_an_isotonic_map_is_taken_where_it_has_the_lower_crossed_loss():
    histogram = ScoreHistogram.count(*steps(3000))
    assert crossed_loss(isotonic, histogram) < crossed_loss(partial(moved, PLATT), histogram)


@pytest.mark.parametrize("shared", SHARED.values(), ids=SHARED)
def test_a_model_that_ranks_backwards_gets_the_banks_default_rate_and_no_falling_map(shared):
    margin, default = records(600)
    own = fitted(shared, -margin, default)
    assert (np.diff(own.log_odds(GRID)) >= 0).all()
    assert own.probability(-margin).mean() == pytest.approx(default.mean(), abs=0.01)


def test_the_threshold_is_the_consortiums_unless_the_policy_wants_one_by_bank():
    shared = Scoring(PointsScale(ScorePolicy(), PLATT), 0.4, {"own": 0.1})
    margin, default = records(2000)
    one, few = (own_scoring(shared, margin, default, CostPolicy(by_bank=b, fewest_defaults=f))
                for b, f in ((False, 1), (True, 10_000)))  # fmt: skip
    own = own_scoring(shared, margin, default, CostPolicy(missed_default=3, by_bank=True))
    assert one.threshold == few.threshold == 0.4
    assert own.threshold == pytest.approx(0.25, abs=0.05)
