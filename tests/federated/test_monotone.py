"""The contract's directions hold in every model, whatever the records say."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from credit.features import BankRecords
from credit.models import Model
from credit.scorecard import FrameSums, train_scorecard
from federated.baselines import train_local
from federated.strategies import STRATEGIES
from federated.training import inprocess_grid, train_federated
from tests.federated.banks import make_bank, make_spec

# The records' risk rises with the amount and falls with income: each direction is asked for the other way too.
DIRECTIONS = [{"amount": 1}, {"amount": -1}, {"income": 1}, {"income": -1, "amount": 1}]
TREES = ("lightgbm", "catboost")


def spec_of(monotone: dict[str, int]):
    return dataclasses.replace(make_spec(), monotone=monotone)


def assert_follows(model: Model, monotone: dict[str, int], records: pl.DataFrame) -> None:
    """Each applicant's margin moves only in the direction as the feature runs over its values."""
    for feature, direction in monotone.items():
        grid = np.linspace(records[feature].min(), records[feature].max(), 40)  # type: ignore[arg-type]
        for row in model.encoding.matrix(records.head(20)):
            X = np.tile(row, (len(grid), 1))
            X[:, model.encoding.features.index(feature)] = grid
            assert (direction * np.diff(model.margin(X)[:, 0]) >= -1e-9).all(), feature


@pytest.mark.parametrize("family", TREES)
@pytest.mark.parametrize("monotone", DIRECTIONS, ids=str)
def test_a_bank_alone_keeps_the_directions(family, monotone):
    bank = make_bank("bank", 600)
    assert_follows(train_local(family, bank, spec_of(monotone), seed=1), monotone, bank.test)


@pytest.mark.parametrize("family", TREES)
@pytest.mark.parametrize("strategy", [s for s in STRATEGIES if s in ("fedavg", "leaf_refit")])
def test_banks_together_keep_the_directions(family, strategy):
    monotone = {"amount": -1, "income": 1}
    banks = [make_bank(f"bank-{i}", 400, i) for i in range(3)]
    spec = spec_of(monotone)
    trained = train_federated(family, inprocess_grid(banks, spec), spec, strategy=strategy, rounds=6, seed=1)
    assert_follows(trained.model, monotone, banks[0].test)


@pytest.mark.parametrize("monotone", DIRECTIONS, ids=str)
def test_the_scorecard_keeps_the_directions(monotone):
    banks: list[BankRecords] = [make_bank(f"bank-{i}", 600, i) for i in range(2)]
    spec = spec_of(monotone)
    model = train_scorecard(FrameSums([b.train for b in banks], spec), spec)
    assert_follows(model, monotone, banks[0].test)
