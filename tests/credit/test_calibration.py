"""Calibration makes probabilities true, from sums alone, and keeps the ranking."""

from __future__ import annotations

import numpy as np
import pytest

from credit.calibration import (
    UNCALIBRATED,
    Calibration,
    ScoreHistogram,
    calibration_error,
    error_of_sums,
    fit_calibration,
    rate_sums,
    risk_margin,
)


def overconfident(n: int = 20_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Margins twice as far out as the log odds they stand for."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-1.5, 1.0, n)
    return 2 * odds, (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int)


def bent(n: int = 40_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Margins whose default rate rises in one step, which no line through log odds follows."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, 2, n)
    return margin, (rng.random(n) < np.where(margin > 0, 0.5, 0.05)).astype(int)


def error(calibration: Calibration, margin: np.ndarray, default: np.ndarray) -> float:
    return calibration_error(calibration.probability(margin), default)


def test_an_overconfident_model_is_set_right_on_records_it_has_not_seen():
    calibration, _ = fit_calibration(ScoreHistogram.count(*overconfident()))
    assert error(UNCALIBRATED, *overconfident(seed=1)) > 0.05
    assert error(calibration, *overconfident(seed=1)) < 0.01


def test_platt_is_chosen_where_a_line_fits_and_isotonic_where_none_does():
    assert fit_calibration(ScoreHistogram.count(*overconfident()))[0].method == "platt"
    assert fit_calibration(ScoreHistogram.count(*bent()))[0].method == "isotonic"


@pytest.mark.parametrize("records", [overconfident, bent])
def test_the_ranking_stays(records):
    calibration, _ = fit_calibration(ScoreHistogram.count(*records()))
    grid = np.linspace(-12, 12, 5000)
    assert (np.diff(calibration.log_odds(grid)) > 0).all()


def test_summed_histograms_are_the_histogram_of_the_pooled_records():
    margin, default = overconfident(1000)
    parts = [ScoreHistogram.count(margin[s], default[s]) for s in (slice(0, 400), slice(400, None))]
    np.testing.assert_allclose((parts[0] + parts[1]).sums, ScoreHistogram.count(margin, default).sums)


def test_the_error_of_summed_rates_is_that_of_the_pooled_records():
    margin, default = overconfident(1000)
    p = UNCALIBRATED.probability(margin)
    summed = rate_sums(p[:300], default[:300]) + rate_sums(p[300:], default[300:])
    assert error_of_sums(summed) == pytest.approx(calibration_error(p, default), abs=1e-12)


def test_without_both_outcomes_margins_stay_as_they_are():
    margin, default = overconfident(100)
    assert fit_calibration(ScoreHistogram.count(margin, 0 * default)) == (UNCALIBRATED, {})


def test_a_model_that_ranks_backwards_is_not_turned_round():
    margin, default = overconfident(2000)
    calibration, _ = fit_calibration(ScoreHistogram.count(-margin, default))
    assert (np.diff(calibration.log_odds(np.linspace(-5, 5, 50))) >= 0).all()


def test_a_calibration_survives_json():
    calibration, _ = fit_calibration(ScoreHistogram.count(*bent()))
    assert Calibration.from_dict(calibration.to_dict()) == calibration


def test_the_worst_of_three_classes_is_told_against_the_mean():
    np.testing.assert_allclose(risk_margin(np.array([[0.0, 3.0, 6.0]])), [3.0])
