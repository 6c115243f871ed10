import numpy as np
import polars as pl

from credit.uplift import uplift


def scores(bank, noise_by_strategy, n=400, defaults=True):
    rng = np.random.default_rng(0)
    outcome = rng.integers(0, 2, n) if defaults else np.zeros(n, int)
    return pl.concat(
        pl.DataFrame({"family": "f", "strategy": s, "bank": bank, "outcome": outcome,
                      "pd": outcome + noise * rng.normal(size=n)})
        for s, noise in noise_by_strategy.items()
    )  # fmt: skip


def test_a_bank_that_gains_is_told_that_joining_pays():
    row = uplift(scores("north", {"local": 3, "federated": 1, "personalised": 0.5}), "f", seed=0).row(
        0, named=True
    )
    assert row["verdict"] == "joining pays" and row["personalised_low"] > 0
    assert row["personalised_auc"] > row["federated_auc"] > row["local_auc"]


def test_a_bank_that_loses_is_told_plainly():
    row = uplift(scores("north", {"local": 0.5, "federated": 3, "personalised": 2}), "f", seed=0).row(
        0, named=True
    )
    assert row["verdict"] == "joining does not pay for this bank"


def test_the_verdict_is_of_the_model_that_the_bank_decides_with():
    row = uplift(scores("north", {"local": 0.5, "federated": 0.2, "personalised": 3}), "f", seed=0).row(
        0, named=True
    )
    assert row["low"] > 0 and row["verdict"] == "joining does not pay for this bank"


def test_what_the_test_cannot_tell_is_said_to_be_noise():
    row = uplift(scores("north", {"local": 1, "federated": 1}, n=40), "f", seed=0).row(0, named=True)
    assert row["low"] < 0 < row["high"] and "within the noise" in row["verdict"]


def test_a_bank_of_one_class_has_no_verdict():
    row = uplift(scores("north", {"local": 1, "federated": 1}, defaults=False), "f", seed=0).row(
        0, named=True
    )
    assert row["verdict"] is None and row["uplift"] is None
