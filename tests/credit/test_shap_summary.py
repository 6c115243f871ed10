"""Explanations are combined from banks' sums, without records."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from credit.encoding import Encoding
from credit.shap_plots import dependence_plot
from credit.shap_summary import ShapSums, by_bank, dependence, extremes, rank_agreement, strongest_by_bank

FEATURES = ("age", "sector")
ENCODING = Encoding(FEATURES, {"sector": {"retail": -0.5, "farming": 0.75, "": 0.0}})


def records(n: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(20, 60, n), rng.choice([-0.5, 0.75], n)]).astype(float)
    return X, np.column_stack([0.1 * (X[:, 0] - 40), 2 * X[:, 1]])


def test_sums_of_banks_are_those_of_the_pooled_records():
    X, values = records()
    pooled = ShapSums.of(FEATURES, X, values)
    added = ShapSums.of(FEATURES, X[:150], values[:150]) + ShapSums.of(FEATURES, X[150:], values[150:])
    np.testing.assert_allclose(added.by_value, pooled.by_value, atol=1e-9)
    np.testing.assert_allclose(added.mean_absolute, np.abs(values).mean(axis=0))


def test_dependence_follows_the_feature():
    curve = dependence(ShapSums.of(FEATURES, *records()), "age", ENCODING)
    np.testing.assert_allclose(curve["shap"], 0.1 * (curve["value"].to_numpy() - 40), atol=1e-9)


def test_levels_are_named():
    curve = dependence(ShapSums.of(FEATURES, *records()), "sector", ENCODING)
    assert dict(curve.select("value", "shap").iter_rows()) == pytest.approx({"retail": -1.0, "farming": 1.5})


def test_values_of_few_records_are_left_out():
    X, values = records(6)
    sums = ShapSums.of(FEATURES, X, values)
    assert dependence(sums, "age", ENCODING).is_empty()
    assert dependence(sums, "sector", ENCODING, smallest=7).schema["value"] == pl.String


def test_features_of_which_no_value_can_be_shown_have_a_panel_that_says_so():
    sums = ShapSums.of(FEATURES, *records(6))
    curves = [(name, dependence(sums, name, ENCODING, smallest=7)) for name in FEATURES]
    assert dependence_plot(curves, [False, True]).startswith(b"\x89PNG")


def test_banks_stand_side_by_side():
    table = by_bank({b: ShapSums.of(FEATURES, *records(seed=i)) for i, b in enumerate("ab")})
    assert table.columns == ["bank", *FEATURES] and table.height == 2


def test_the_same_order_agrees_and_the_reverse_does_not():
    assert rank_agreement(np.array([3.0, 2, 1]), np.array([0.3, 0.2, 0.1])) == pytest.approx(1)
    assert rank_agreement(np.array([3.0, 2, 1]), np.array([1.0, 2, 3])) == pytest.approx(-1)


def test_many_levels_are_shown_from_both_ends():
    curve = pl.DataFrame({"value": [*"edcba"], "records": [9] * 5, "shap": [5.0, 4.0, 3.0, 2.0, 1.0]})
    assert extremes(curve, 2)["value"].to_list() == ["a", "b", "d", "e"]
    assert extremes(curve, 3)["value"].to_list() == [*"abcde"]


def test_each_banks_strongest_features_stand_in_a_line_the_strongest_first():
    means = pl.DataFrame({"bank": ["a", "b"], "age": [0.1, 0.4], "sector": [0.3, 0.2], "debt": [0.0, 0.3]})
    told = strongest_by_bank(means, {"age": "Age", "sector": "Sector", "debt": "Debt"}, most=2)
    assert told.rows() == [("a", "Sector 0.30, Age 0.10"), ("b", "Age 0.40, Debt 0.30")]
