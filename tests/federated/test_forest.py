"""Trees that part whole columns find the leaves that a walk down finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.errors import FederationError
from federated.averaging.forest import BLOCK, Forest
from federated.averaging.splits import Splits


def tree(children, thresholds=None, nan_left=None):
    """A tree of these (left, right) children that splits features 0, 1, 0, ... at zero."""
    left, right = np.array(children, np.int64).reshape(-1, 2).T
    count = len(left)
    feature = np.arange(count) % 2
    thresholds = np.zeros(count) if thresholds is None else thresholds
    nan_left = np.zeros(count, bool) if nan_left is None else nan_left
    return Splits(feature, thresholds, nan_left, np.zeros(count, bool), left, right)


def grown(rng, leaves):
    """A tree grown at random, its leaves numbered in any order."""
    children, ends = [], [(0, 0)]
    for split in range(leaves - 1):
        parent, side = ends.pop(rng.integers(len(ends)))
        if split:
            children[parent][side] = split
        children.append([0, 0])
        ends += [(split, 0), (split, 1)]
    for number, (parent, side) in zip(rng.permutation(leaves), ends, strict=True):
        if children:
            children[parent][side] = ~number
    return tree(children, rng.normal(size=leaves - 1), rng.random(leaves - 1) < 0.5)


def walked(splits, row):
    """The leaf that one record reaches, split by split."""
    node = 0 if len(splits.feature) else -1
    while node >= 0:
        value = row[splits.feature[node]]
        left = splits.nan_left[node] if np.isnan(value) else value <= splits.threshold[node]
        node = (splits.left if left else splits.right)[node]
    return ~node


@settings(max_examples=30, deadline=None)
@given(leaves=st.lists(st.integers(1, 40), min_size=1, max_size=3), seed=st.integers(0, 10**6))
def test_every_record_reaches_the_leaf_that_a_walk_reaches(leaves, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(50, 2))
    X[rng.random(X.shape) < 0.2] = np.nan
    trees = [grown(rng, count) for count in leaves]
    values = [rng.normal(size=count) for count in leaves]
    forest, expected = Forest(trees, values), np.array([[walked(t, row) for row in X] for t in trees])
    np.testing.assert_array_equal(forest.leaves(X), expected)
    margin = np.zeros((50, 1))
    forest.add(X, margin)
    np.testing.assert_allclose(margin[:, 0], sum(v[e] for v, e in zip(values, expected, strict=True)))


def test_more_records_than_a_block_holds_are_parted_alike():
    X = np.random.default_rng(1).normal(size=(BLOCK + 7, 2))
    splits = tree([(1, ~0), (~1, ~2)])
    assert Forest([splits], [np.zeros(3)]).leaves(X)[0].tolist() == [walked(splits, row) for row in X]


@pytest.mark.parametrize(
    "children",
    [[(1, ~0), (1, ~1)], [(~0, ~0)], [(~0, ~2)], [(0, ~1)], [(2, ~0), (~1, ~2), (~3, 1)]],
    ids=[
        "a loop",
        "a leaf twice",
        "a leaf that is not there",
        "back to the first",
        "a child before its parent",
    ],
)
def test_a_tree_whose_splits_do_not_end_in_its_leaves_is_refused(children):
    with pytest.raises(FederationError, match="do not end in its leaves"):
        Forest([tree(children)], [np.zeros(len(children) + 1)])
