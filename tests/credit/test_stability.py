"""Moved records are told from unmoved ones, beyond what chance alone moves."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from credit.binning import CUTS, FeatureCounts, summed
from credit.estimation import expected_auc, expected_brier
from credit.metrics import auc, brier
from credit.stability import Population, Populations, feature_stability, point_counts, psi, score_stability
from tests.federated.banks import make_frame, make_spec


def population(shift: float = 0.0, n: int = 3000, seed: int = 0) -> Population:
    frame = make_frame(n, seed).with_columns(pl.col("income") + shift)
    points = 600 - 60 * frame["income"].to_numpy()
    return Population(point_counts(points, 300, 850), FeatureCounts.count(frame, make_spec()))


def test_unmoved_records_do_not_drift_and_moved_ones_do():
    reference = {"a": population(), "b": population(seed=1)}
    actual = {"a": population(seed=2), "b": population(shift=1.0, seed=3)}
    table = score_stability(Populations.of(reference), Populations.of(actual), limit=0.25)
    assert dict(table.select("name", "drifted").iter_rows()) == {"a": False, "b": True, "all banks": False}
    assert table.filter(name="b")["most_moved"].item() == "income"


def test_a_small_bank_does_not_drift_by_chance():
    reference = {str(i): population(n=60, seed=i) for i in range(40)}
    actual = {str(i): population(n=60, seed=100 + i) for i in range(40)}
    table = score_stability(Populations.of(reference), Populations.of(actual), limit=0.0)
    banks = table.filter(pl.col("name") != "all banks")
    assert banks["drifted"].sum() <= 3


def test_the_moved_feature_is_first():
    table = feature_stability(population(), population(shift=0.5, seed=1))
    assert table["name"][0] == "income"


def test_equal_shares_have_no_index():
    assert psi(np.array([10.0, 20.0]), np.array([100.0, 200.0])) == pytest.approx(0)
    assert np.isnan(psi(np.zeros(2), np.ones(2)))


def test_counts_of_banks_add_up_to_those_of_their_pooled_records():
    one, two = make_frame(200, 0), make_frame(300, 1)
    pooled = FeatureCounts.count(pl.concat([one, two]), make_spec())
    added = summed(FeatureCounts.count(f, make_spec()) for f in (one, two))
    np.testing.assert_array_equal(added.to_vector(), pooled.to_vector())


def test_cut_points_are_round_numbers_in_order():
    assert (np.diff(CUTS) > 0).all() and {0.75, 60000.0, -1.5, 0.0} <= set(CUTS.tolist())


def test_performance_is_estimated_without_outcomes_where_probabilities_are_true():
    rng = np.random.default_rng(0)
    p = rng.beta(1, 5, 40_000)
    outcome = (rng.random(len(p)) < p).astype(int)
    assert expected_auc(p) == pytest.approx(auc(outcome, p), abs=0.01)
    assert expected_brier(p) == pytest.approx(brier(outcome, p), abs=0.005)


def test_applicants_who_are_all_alike_are_expected_to_be_ranked_worse():
    rng = np.random.default_rng(0)
    assert expected_auc(rng.beta(50, 250, 5000)) < expected_auc(rng.beta(1, 5, 5000)) - 0.1
