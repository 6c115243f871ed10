"""Groups are compared by what happens to them, from counts that add up over banks."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from credit.fairness import group_cells, group_counts, group_figures, parity
from credit.policy import FairnessPolicy

NAMES = ("young", "old")


def records(n: int = 4000, harsh: float = 0.0, seed: int = 0):
    """Two groups of equal risk; `harsh` is added to the PD of the young."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["young", "old"], n)
    pd = rng.beta(1, 6, n)
    default = (rng.random(n) < pd).astype(int)
    return pl.Series(group), default, np.clip(pd + harsh * (group == "young"), 0, 1)


def counts(group, default, pd):
    return group_counts(group, NAMES, default, pd, 0.2)


def figures(harsh: float = 0.0) -> pl.DataFrame:
    return group_figures(group_cells(NAMES, counts(*records(harsh=harsh))))


def test_figures_are_those_of_the_records():
    group, default, pd = records()
    young = (group == "young").to_numpy()
    row = figures().row(by_predicate=pl.col("group") == "young", named=True)
    assert row["approval_rate"] == pytest.approx((pd[young] < 0.2).mean())
    assert row["true_approval"] == pytest.approx((pd[young & (default == 0)] < 0.2).mean())
    assert row["false_approval"] == pytest.approx((pd[young & (default == 1)] < 0.2).mean())
    assert (row["mean_pd"], row["default_rate"]) == pytest.approx((pd[young].mean(), default[young].mean()))


def test_banks_counts_sum_to_those_of_the_pooled_records():
    group, default, pd = records()
    parts = [counts(group[s], default[s], pd[s]) for s in (slice(0, 900), slice(900, 4000))]
    np.testing.assert_allclose(np.sum(parts, axis=0), counts(group, default, pd))


def test_equal_treatment_passes_and_harshness_fails_the_four_fifths_rule():
    assert parity(figures(), 100).within(FairnessPolicy())
    harsh = parity(figures(harsh=0.1), 100)
    assert harsh.impact_ratio < 0.8 and not harsh.within(FairnessPolicy())


def test_small_groups_are_shown_but_not_judged():
    assert np.isnan(parity(figures(harsh=0.1), 100_000).impact_ratio)
    assert parity(figures(harsh=0.1), 100_000).within(FairnessPolicy())


def test_a_missing_group_is_named():
    group = pl.Series([None, "old"], dtype=pl.String)
    cells = group_cells(NAMES, counts(group, np.array([0, 1]), np.array([0.1, 0.9])))
    assert cells.drop("pd_sum").rows() == [("old", 1, 0, 1.0), ("not stated", 0, 1, 1.0)]
