import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.errors import FederationError
from credit.features import BankRecords
from federated.contribution import RefitGame, contributions
from federated.shapley import shapley_values
from tests.federated.banks import make_banks, make_spec
from tests.federated.test_training import trained

SPEC = make_spec()


def model_of(banks, family="lightgbm", spec=SPEC):
    return trained(family, banks, spec, strategy="leaf_refit", rounds=3).model


def table_game(players, seed):
    worth = np.random.default_rng(seed).normal(size=2**players)
    return lambda coalition: float(worth[sum(2**p for p in coalition)])


@settings(max_examples=30, deadline=None)
@given(players=st.integers(1, 7), seed=st.integers(0, 10**6))
def test_shares_add_up_to_the_worth_of_all(players, seed):
    game = table_game(players, seed)
    shares = shapley_values(players, game, seed)
    assert shares.values.sum() == pytest.approx(game(frozenset(range(players))) - game(frozenset()))


def test_the_glove_game_has_its_known_shares():
    shares = shapley_values(3, lambda c: float(0 in c and (1 in c or 2 in c)), 0)
    assert shares.values == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_sampled_shares_are_near_the_exact_ones():
    weights = np.arange(1.0, 11.0)
    shares = shapley_values(10, lambda c: float(np.sqrt(weights[list(c)].sum())), 0)
    assert shares.values.sum() == pytest.approx(np.sqrt(weights.sum()))
    assert (np.diff(shares.values) > -0.02).all() and shares.errors.max() < 0.06


@pytest.mark.parametrize("family", ["lightgbm", "catboost"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_banks_of_the_same_taste_all_contribute(family, n_classes):
    banks, spec = make_banks(400, 400, 400, n_classes=n_classes), make_spec(n_classes)
    table = contributions(model_of(banks, family, spec), banks, spec, seed=0)
    assert (table["contribution"] > 0).all() and table["share"].sum() == pytest.approx(1)


def test_a_bank_with_turned_outcomes_harms_and_one_without_records_adds_nothing():
    banks = make_banks(400, 400, 400, 400)
    model = model_of(banks)
    banks[1].train = banks[1].train.with_columns((1 - pl.col("outcome")).alias("outcome"))
    banks[2].train = banks[2].train.head(0)
    by_bank = dict(contributions(model, banks, SPEC, seed=0).select("bank", "contribution").iter_rows())
    assert by_bank["bank-1"] < 0 == by_bank["bank-2"] < by_bank["bank-0"]


def test_twins_have_equal_shares():
    banks = make_banks(300, 300)
    twin = BankRecords("twin", banks[0].train, banks[0].validation, banks[0].test)
    table = contributions(model_of(banks), [*banks, twin], SPEC, seed=0)
    shares = dict(table.select("bank", "contribution").iter_rows())
    assert shares["twin"] == pytest.approx(shares["bank-0"])


def test_no_bank_is_worth_nothing():
    banks = make_banks(100, 100)
    assert RefitGame(model_of(banks), banks, SPEC, 0)(frozenset()) == 0


def test_a_model_without_trees_is_refused():
    banks = make_banks(100)
    with pytest.raises(FederationError, match="contributions need a model of trees"):
        contributions(trained("logistic", banks, rounds=1).model, banks, SPEC, seed=0)
