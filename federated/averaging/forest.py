"""Several trees in plain arrays, walked record by record without a branch for the processor to guess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from credit.errors import FederationError
from federated.averaging.splits import Splits


class Forest:
    """T trees for walking; `values`, an array of one number a leaf for each of them, is what `add` adds.

    Raises FederationError for a tree whose splits do not end in its leaves.
    """

    def __init__(self, trees: Sequence[Splits], values: Sequence[np.ndarray]):
        if not all(_ends(tree, len(own)) for tree, own in zip(trees, values, strict=True)):
            raise FederationError("a tree's splits do not end in its leaves: it is damaged")
        self.trees, self.values = list(trees), list(values)
        self.features = 1 + max((int(tree.feature.max(initial=-1)) for tree in trees), default=-1)
        sizes = [len(tree.feature) for tree in trees]
        self._starts = np.cumsum([0, *sizes])
        self._nodes = _joined([tree.feature for tree in trees], np.int64)
        self._thresholds = _joined([tree.threshold for tree in trees], np.float64)
        self._nan_left = _joined([t.nan_goes_left for t in trees], np.bool_)
        children = [np.column_stack([tree.right, tree.left]).ravel() for tree in trees]
        self._children = _joined(children, np.int64)
        self._flat = _joined(values, np.float64)

    def leaves(self, X: np.ndarray) -> np.ndarray:
        """Leaf of each record in each tree, shape (T, n)."""
        return _leaves(self._readable(X), *self._columns)

    def add(self, X: np.ndarray, margin: np.ndarray) -> None:
        """Add to `margin`, shape (n, K), the value of each record's leaf in tree t, in column t modulo K."""
        _add(margin, self._flat, self._readable(X), *self._columns)

    def _readable(self, X: np.ndarray) -> np.ndarray:
        if X.shape[1] < self.features:
            raise FederationError(f"a tree splits feature {self.features - 1} of {X.shape[1]}: it is damaged")
        return np.ascontiguousarray(X)

    @property
    def _columns(self) -> tuple[np.ndarray, ...]:
        return self._starts, self._nodes, self._thresholds, self._nan_left, self._children


def _ends(tree: Splits, leaves: int) -> bool:
    """Whether each split leads on to later splits, or to leaves that are there."""
    count = len(tree.feature)
    children = np.stack([tree.left, tree.right])
    on = np.where(children >= 0, (children > np.arange(count)) & (children < count), ~children <= count)
    return bool(leaves == count + 1 and on.all() and (tree.feature >= 0).all())


def _joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *parts]).astype(kind)


@njit(cache=True, nogil=True, inline="always")
def _leaf(row, begin, end, feature, threshold, nan_left, children):
    node = 0 if end > begin else -1
    while node >= 0:
        at = begin + node
        value = row[feature[at]]
        goes_left = (value <= threshold[at]) | ((value != value) & nan_left[at])
        node = children[2 * at + np.intp(goes_left)]
    return ~node


@njit(cache=True, nogil=True)
def _leaves(X, starts, feature, threshold, nan_left, children):
    trees = len(starts) - 1
    leaves = np.empty((trees, len(X)), np.int64)
    for i in range(len(X)):
        for t in range(trees):
            leaves[t, i] = _leaf(X[i], starts[t], starts[t + 1], feature, threshold, nan_left, children)
    return leaves


@njit(cache=True, nogil=True)
def _add(margin, values, X, starts, feature, threshold, nan_left, children):
    columns = margin.shape[1]
    for i in range(len(X)):
        for t in range(len(starts) - 1):
            leaf = _leaf(X[i], starts[t], starts[t + 1], feature, threshold, nan_left, children)
            # A tree of S splits has S + 1 leaves.
            margin[i, t % columns] += values[starts[t] + t + leaf]
