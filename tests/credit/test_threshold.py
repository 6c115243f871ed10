"""The threshold is where wrong decisions cost least."""

from __future__ import annotations

import numpy as np
import pytest

from credit.policy import CostPolicy
from credit.threshold import bank_thresholds, break_even, cost_curve, decision_sums


def calibrated(n: int = 200_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 6, n)
    return p, (rng.random(n) < p).astype(int)


@pytest.mark.parametrize("ratio", [1, 5, 10])
def test_true_probabilities_are_refused_where_loss_and_gain_break_even(ratio):
    policy = CostPolicy(missed_default=ratio)
    assert break_even(policy) == pytest.approx(1 / (1 + ratio))
    assert cost_curve(decision_sums(*calibrated()), policy).threshold == pytest.approx(
        break_even(policy), abs=0.03
    )


def test_the_curve_costs_what_its_decisions_cost():
    p, default = calibrated(500)
    curve = cost_curve(decision_sums(p, default), CostPolicy())
    at = 150
    refused = p >= 0.15
    expected = 10 * (default & ~refused).sum() + ((1 - default) & refused).sum()
    assert curve.cost[at] * len(p) == pytest.approx(expected)
    assert curve.approval[at] == pytest.approx((~refused).mean())


def test_banks_with_enough_defaults_have_thresholds_of_their_own():
    sums = {"large": decision_sums(*calibrated(5000)), "small": decision_sums(*calibrated(60))}
    assert set(bank_thresholds(sums, CostPolicy(by_bank=True))) == {"large"}
    assert bank_thresholds(sums, CostPolicy()) == {}


def test_no_record_gives_no_curve():
    with pytest.raises(ValueError, match="at least one record"):
        cost_curve(np.zeros((2, 1000)), CostPolicy())
