"""Symmetric trees, grown from histograms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.bins import Bins
from federated.growth import Growth, grow_trees, native_splits
from federated.histograms import CodedRecords
from federated.learners import params_of, tree_learner
from federated.learners.catboost import CatBoostLearner, CatBoostParams
from federated.learners.protocol import Shrinkage
from federated.leaves import refitted_values
from federated.symmetric_search import common_split
from federated.tree_questions import tree_questions
from tests.federated.banks import make_spec
from tests.federated.test_histogram import sketched

LIMITS = Shrinkage(1.0, 1.0, 5)
LEARNER = tree_learner("catboost", params_of("catboost", CatBoostParams(depth=3)), make_spec())


def made(seed, missing=0.2, n=300):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    X[rng.random(X.shape) < missing] = np.nan
    return X, rng.normal(size=(n, 1)), rng.random((n, 1)), Bins(tuple(sketched(column, 16) for column in X.T))


def grown(X, g, h, bins, leaves=8, directions=(0, 0, 0)):
    growth = Growth(bins, leaves, LIMITS, np.array(directions), symmetric=True)
    coded = CodedRecords(bins.edges, X)
    (tree,) = grow_trees(1, growth, lambda s, w: coded.histograms(g.T, h.T, tree_questions(s, w)))
    return tree, LEARNER.grown([native_splits(tree, bins)], X.shape[1])


def worth(g, h):
    return 0.5 * g.sum() ** 2 / (h.sum() + LIMITS.l2) if len(g) >= LIMITS.fewest else 0.0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), nodes=st.integers(1, 4))
def test_the_split_is_the_best_of_all(seed, nodes):
    X, g, h, bins = made(seed)
    node = np.random.default_rng(seed).integers(0, nodes, len(X))
    asked = [CodedRecords(bins.edges, X[node == k]) for k in range(nodes)]
    whole = np.empty((0, 6), np.int64), np.zeros((1, 2), np.int64)
    histograms = np.stack(
        [c.histograms(g[node == k].T, h[node == k].T, tree_questions(*whole))[0] for k, c in enumerate(asked)]
    )
    found = common_split(histograms, bins.starts, np.zeros(3, int), LIMITS.l2, LIMITS.fewest)
    gains = []
    for f, edges in enumerate(bins.edges):
        for threshold in (-np.inf, *edges):
            right = X[:, f] > threshold
            sides = [(node == k) & side for k in range(nodes) for side in (right, ~right)]
            before = sum(worth(g[node == k], h[node == k]) for k in range(nodes))
            gains.append(sum(worth(g[side], h[side]) for side in sides) - before)
    assert found is not None and found[0].gain == pytest.approx(max(gains), abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), leaves=st.sampled_from([2, 4, 8]), missing=st.floats(0, 0.5))
def test_the_native_tree_has_each_record_in_the_leaf_it_grew_in(seed, leaves, missing):
    X, g, h, bins = made(seed, missing)
    X = LEARNER.compared(X)
    tree, blob = grown(X, g, h, bins, leaves)
    leaf = LEARNER.leaves(blob, X)[:, 0]
    expected = [[g[leaf == i].sum(), h[leaf == i].sum(), (leaf == i).sum()] for i in range(len(tree.leaves))]
    assert np.allclose([one.total for one in tree.leaves], expected, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_monotone_feature_never_lowers_the_margin(seed):
    learner = CatBoostLearner(CatBoostParams(depth=3), 1, {1: 1}, 1)
    X, g, h, bins = made(seed, 0.0)
    tree, blob = grown(X, g, h, bins, directions=(0, 1, 0))
    sums = np.array([leaf.total for leaf in tree.leaves])
    blob = learner.with_values(
        blob, refitted_values(learner.structures(blob), sums, LIMITS, learner.monotone)
    )
    grid = np.repeat(X[:5], 50, axis=0)
    grid[:, 1] = np.tile(np.linspace(-3, 3, 50), 5)
    assert np.diff(learner.margins(blob, grid).reshape(5, 50), axis=1).min() >= -1e-9


def test_a_split_may_part_missing_values_from_all_others():
    X = np.where(np.arange(100)[:, None] < 40, np.nan, np.arange(100.0)[:, None])
    g, h = np.where(np.isnan(X), 1.0, -1.0), np.full(X.shape, 0.25)
    _, blob = grown(X, g, h, Bins((sketched(X[:, 0], 16),)), 2)
    assert np.array_equal(LEARNER.leaves(blob, X)[:, 0], (~np.isnan(X[:, 0])).astype(int))


def test_a_border_between_numbers_of_single_precision_is_rounded_down():
    below = np.float32(0.1)
    above = np.nextafter(below, np.float32(1.0))
    threshold = float(below) + 0.9 * (float(above) - float(below))
    splits = replace(
        native_splits(grown(*made(0), leaves=2)[0], made(0)[3]),
        feature=np.array([0]),
        threshold=np.array([threshold]),
    )
    X = np.array([[below, 0, 0], [above, 0, 0]], float)
    assert LEARNER.leaves(LEARNER.grown([splits], 3), X)[:, 0].tolist() == [0, 1]
