import json
from dataclasses import replace

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.models import load_model
from federated.agreement import Agreement
from federated.averaging import lightgbm_text as text
from federated.averaging.forest import Forest
from federated.baselines import train_pooled
from federated.bins import Bins, level_edges, quantile_edges
from federated.growth import Growth, grow_trees, leaf_values, native_splits
from federated.histograms import CodedRecords
from federated.learners import params_of, tree_learner
from federated.learners.lightgbm import LightGBMParams
from federated.learners.loss import gradients
from federated.learners.protocol import Shrinkage
from federated.sketch import REFINEMENTS, cell_counts, first_grid, in_order, refined_grid
from federated.training import train_federated
from federated.tree_questions import packed_nodes, tree_questions, unpacked_nodes
from tests.federated.banks import BrokenSite, make_bank, make_banks, make_spec
from tests.federated.test_rounds import grid_of, leaving_grid, sites_of
from tests.federated.test_training import auc, model_bytes, trained

SPEC = make_spec()
PARAMS = LightGBMParams(max_bin=64)


FAMILIES = ("lightgbm", "catboost")


def histogram(banks, spec=SPEC, family="lightgbm", **options):
    return trained(family, banks, spec, strategy="histogram", **options)


def one_bank_of(banks):
    """All banks' records as one bank's."""
    pooled = make_bank("pooled")
    for part in ("train", "validation", "test"):
        setattr(pooled, part, pl.concat([bank.part(part) for bank in banks]))
    return pooled


def sketched(values, bins):
    grid = first_grid()
    for _ in range(REFINEMENTS):
        grid = refined_grid(grid, cell_counts(in_order(values), grid))
    return quantile_edges(grid, cell_counts(in_order(values), grid), bins)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_federation_gives_the_pooled_model(n_classes, family):
    banks, spec = make_banks(400, 150, 250, n_classes=n_classes), make_spec(n_classes)
    federated = histogram(banks, spec, family, rounds=4).model
    pooled = histogram([one_bank_of(banks)], spec, family, rounds=4).model
    X = pooled.encoding.matrix(one_bank_of(banks).test)
    assert np.abs(federated.margin(X) - pooled.margin(X)).max() < 1e-5


@pytest.mark.parametrize("family", FAMILIES)
def test_it_ranks_as_well_as_the_library_on_pooled_records(family):
    banks = make_banks(600, 900, 500)
    test = one_bank_of(banks).test
    federated = histogram(banks, family=family, rounds=15, patience=3).model
    assert auc(federated, test) > auc(train_pooled(family, banks, SPEC, 0), test) - 0.003


def test_the_grower_makes_the_trees_of_lightgbm_where_both_grow_all_leaves():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 6, (2000, 4)).astype(float)
    y = (X[:, 0] + X[:, 1] * (X[:, 2] > 2) + rng.normal(size=2000) > 5).astype(int)
    F = np.zeros((2000, 1))
    bins = Bins(tuple(level_edges(column) for column in X.T))
    growth = Growth(bins, 4, Shrinkage(0.1, 1.0, 5), np.zeros(4))
    ours = grown(X, [d.T for d in gradients(F, y)], growth)
    library = {"objective": "binary", "num_leaves": 4, "max_depth": 2, "min_data_in_leaf": 5, "lambda_l2": 1.0,
               "min_sum_hessian_in_leaf": 0, "boost_from_average": False, "verbosity": -1}  # fmt: skip
    theirs = lgb.train(library, lgb.Dataset(X, y), 1)
    assert np.abs(ours - np.asarray(theirs.predict(X, raw_score=True))).max() < 1e-6


def grown(X, derivatives, growth):
    """Predictions of the first tree that grows on these records."""
    coded = CodedRecords(growth.bins.edges, X)
    (tree,) = grow_trees(1, growth, lambda s, w: coded.histograms(*derivatives, tree_questions(s, w)))
    native = text.tree_of(native_splits(tree, growth.bins), leaf_values(tree, growth.shrinkage))
    return values_of(native, X)


def values_of(tree, X):
    values = text.leaf_values(tree)
    return values[Forest([text.splits(tree)], [values]).leaves(X)[0]]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), leaves=st.integers(2, 20), missing=st.floats(0, 0.5))
def test_a_monotone_feature_never_lowers_the_margin(seed, leaves, missing):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(300, 3))
    X[rng.random(X.shape) < missing] = np.nan
    derivatives = rng.normal(size=(1, 300)), rng.random((1, 300))
    bins = Bins(tuple(sketched(column, 16) for column in X.T))
    growth = Growth(bins, leaves, Shrinkage(1.0, 0.1, 2), np.array([0, 1, 0]))
    coded = CodedRecords(bins.edges, X)
    (tree,) = grow_trees(1, growth, lambda s, w: coded.histograms(*derivatives, tree_questions(s, w)))
    native = text.tree_of(native_splits(tree, bins), leaf_values(tree, growth.shrinkage))
    grid = np.repeat(X[:5], 50, axis=0)
    grid[:, 1] = np.tile(np.linspace(-3, 3, 50), 5)
    values = values_of(native, grid).reshape(5, 50)
    assert np.diff(values, axis=1).min() >= -1e-9


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), leaves=st.integers(2, 32))
def test_subtraction_gives_every_leaf_its_own_sums(seed, leaves):
    rng = np.random.default_rng(seed)
    X = np.where(rng.random((400, 3)) < 0.2, np.nan, rng.normal(size=(400, 3)))
    g, h = rng.normal(size=(1, 400)), rng.random((1, 400))
    bins = Bins(tuple(sketched(column, 16) for column in X.T))
    growth = Growth(bins, leaves, Shrinkage(1.0, 1.0, 3), np.zeros(3))
    coded = CodedRecords(bins.edges, X)
    (tree,) = grow_trees(1, growth, lambda s, w: coded.histograms(g, h, tree_questions(s, w)))
    leaf = Forest([native_splits(tree, bins)], [np.zeros(len(tree.leaves))]).leaves(X)[0]
    expected = [
        [g[0, leaf == i].sum(), h[0, leaf == i].sum(), (leaf == i).sum()] for i in range(len(tree.leaves))
    ]
    assert len(tree.leaves) <= leaves
    assert np.allclose([one.total for one in tree.leaves], expected, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(
        # Below a millionth the grid tells no values apart.
        st.floats(-1e9, 1e9).map(lambda value: round(value, 3)) | st.sampled_from([0.0, 1.0, 2.5]),
        min_size=1,
        max_size=300,
    ),
    bins=st.integers(2, 40),
)
def test_bins_are_few_and_hold_about_equal_shares(values, bins):
    values = np.array(values)
    edges = sketched(values, bins)
    counts = np.bincount(Bins((edges,)).codes(values[:, None])[:, 0])
    heaviest = np.unique(values, return_counts=True)[1].max()
    assert len(edges) < bins and list(edges) == sorted(set(edges))
    assert counts.max() <= max(heaviest, 2 * len(values) / bins) + 2 * len(values) / 256 + 1


def test_few_distinct_values_get_a_bin_each():
    values = np.repeat([0.0, 1.0, 2.0, 3.0, 17.0], [1000, 500, 30, 20, 2])
    assert len(sketched(values, 64)) == 4


def test_the_sketch_finds_the_quantiles():
    values = np.random.default_rng(0).lognormal(8, 2, 20_000)
    places = np.searchsorted(np.sort(values), sketched(values, 16)) / len(values)
    assert np.abs(places - np.arange(1, 16) / 16).max() < 0.02


def test_cells_of_banks_add_up():
    values = np.random.default_rng(0).normal(size=500)
    parts = [cell_counts(in_order(part), first_grid()) for part in np.split(values, [100, 350])]
    assert np.array_equal(np.sum(parts, axis=0), cell_counts(in_order(values), first_grid()))


def test_nodes_survive_their_message():
    splits, wanted = np.arange(12).reshape(2, 6) - 3, np.array([[0, 1]])
    again = unpacked_nodes(packed_nodes(splits, wanted))
    assert np.array_equal(again[0], splits) and np.array_equal(again[1], wanted)


def test_bins_survive_the_agreements_message():
    bank = make_bank("north", 50)
    encoding = histogram([bank], rounds=1).model.encoding
    agreement = Agreement("lightgbm", encoding, (0.1,), 7, {}, None, ((0.1, 1e300), ()))
    assert Agreement.from_json(agreement.to_json()) == agreement
    assert "bins" in json.loads(agreement.to_json())


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_banks(tmp_path):
    banks = make_banks(200, 100, 300)
    forth, back = histogram(banks).model, histogram(banks[::-1]).model
    assert model_bytes(forth, tmp_path / "a") == model_bytes(back, tmp_path / "b")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_native_model_loads_and_its_contributions_add_up(n_classes, family, tmp_path):
    banks = make_banks(300, 200, n_classes=n_classes)
    model = histogram(banks, make_spec(n_classes), family).model
    model.save(tmp_path)
    X = np.where(
        np.random.default_rng(0).random((50, 4)) < 0.2, np.nan, model.encoding.matrix(banks[0].test)[:50]
    )
    assert (load_model(tmp_path).margin(X) == model.margin(X)).all()
    assert np.abs(model.contributions(X).sum(axis=2) - model.margin(X)).max() < 1e-6


def test_a_level_takes_one_exchange():
    result = histogram(
        make_banks(300, 300), rounds=1, trees_per_round=1, params=replace(PARAMS, num_leaves=16)
    )
    assert result.bytes_by_kind["histograms"] > 0
    assert model_leaves(result.model) <= 16


def model_leaves(model):
    return max(text.leaf_size(tree) for tree in text.trees(model.text))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bank_that_falls_silent_ends_the_tree_where_it_stands(family):
    class Failing(BrokenSite):
        count = 0

        def answer(self, kind, content):
            self.count += kind == "histograms"
            self.broken = ("histograms",) if self.count >= 3 else ()
            return super().answer(kind, content)

    grid = grid_of(*sites_of(200, 200), Failing(make_bank("failing"), SPEC))
    result = train_federated(family, grid, SPEC, strategy="histogram", rounds=2, quorum=0.6)
    assert result.rounds[0].failed == {"failing": "RuntimeError: disk is full"}
    learner = tree_learner(family, params_of(family), SPEC)
    assert learner.leaf_sizes(learner.trees_of(result.model, 1))[0] == 4


def test_a_late_bank_joins_and_catches_up():
    grid = leaving_grid(100, 100, 100)
    grid.away = True

    def join(report):
        grid.away = report.round < 2

    result = train_federated("lightgbm", grid, SPEC, strategy="histogram", rounds=4, on_round=join)
    assert ["bank-0" in r.answered for r in result.rounds] == [False, False, True, True]


def test_a_family_that_histograms_do_not_serve_takes_the_nearest_strategy():
    result = trained("logistic", make_banks(200, 200), strategy="histogram", rounds=2)
    assert "histograms" not in result.bytes_by_kind and result.model.family == "logistic"


@pytest.mark.parametrize("family", FAMILIES)
def test_records_without_a_split_worth_making_give_a_constant(family):
    bank = make_bank("only", 100)
    bank.train = bank.train.with_columns(pl.lit(0).alias("outcome"))
    model = histogram([bank], family=family).model
    assert np.unique(model.margin(model.encoding.matrix(bank.test))).size == 1
