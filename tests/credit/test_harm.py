"""A bank that a new model ranks worse at is found, and chance is not taken for harm."""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.harm import bank_differences


def scores(noise: dict[str, float], n: int = 1500) -> pl.DataFrame:
    """Each bank's records with scores as far from the truth as `noise` says; the records are always the same."""
    frames = []
    for number, (bank, far) in enumerate(noise.items()):
        rng = np.random.default_rng(number)
        risk = rng.normal(size=n)
        outcome = (risk + rng.logistic(size=n) > 1).astype(int)
        frames.append(pl.DataFrame({"bank": bank, "outcome": outcome, "pd": risk + far * rng.normal(size=n)}))
    return pl.concat(frames)


def test_the_harmed_bank_is_found_among_others():
    old, new = scores({"a": 0.1, "b": 0.1, "c": 0.1}), scores({"a": 0.1, "b": 1.5, "c": 0.1})
    table = bank_differences(new, old, seed=0)
    assert table.filter("harmed")["bank"].to_list() == ["b"]


def test_equal_models_harm_nobody():
    banks = {f"bank-{i}": 0.5 for i in range(20)}
    rng = np.random.default_rng(9)
    old = scores(banks, 300)
    new = old.with_columns(pd=pl.col("pd") + 0.02 * rng.normal(size=old.height))
    assert not bank_differences(new, old, seed=0)["harmed"].any()


def test_a_bank_with_one_outcome_is_left_out():
    one = scores({"a": 0.1}).with_columns(outcome=pl.lit(0))
    assert bank_differences(one, one, seed=0).is_empty()
