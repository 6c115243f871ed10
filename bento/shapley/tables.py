"""CatBoost's symmetric trees as tables: what a tree says of an applicant depends on few conditions alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bento.shapley.paths import Unreadable

DEEPEST = 8
ROWS = 256
"""applicants looked up at once"""


@dataclass(frozen=True)
class Tables:
    """T trees of at most D conditions, that say something of at most M features each, to K margins.

    Condition (t, j) is `x[feature[t, j]] > border[t, j]`; the conditions that hold are the bits of a row number.
    `values` (T, 2^D, K) are leaf values, `shap` (T, 2^D, M, K) contributions of `told[t, m]`, `base` is (K,).
    """

    feature: np.ndarray
    border: np.ndarray
    values: np.ndarray
    shap: np.ndarray
    told: np.ndarray
    bias: np.ndarray
    base: np.ndarray


class TableExplainer:
    """Margins and SHAP values looked up in tables."""

    def __init__(self, tables: Tables, features: int):
        self._tables, self._features = tables, features
        self._bits = 1 << np.arange(tables.feature.shape[1])
        self._trees = np.arange(len(tables.feature))
        self._flat = tables.told.ravel()

    def __call__(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Margins, shape (n, K), and SHAP values, shape (n, K, F + 1)."""
        rows = self._rows(X)
        shap = np.stack([self._contributions(row) for row in rows])
        return self._margins(rows), shap

    def margins(self, X: np.ndarray) -> np.ndarray:
        """Margins alone, shape (n, K)."""
        parts = [self._margins(self._rows(X[s : s + ROWS])) for s in range(0, len(X), ROWS)]
        return np.concatenate(parts) if parts else np.empty((0, len(self._tables.base)))

    def _rows(self, X: np.ndarray) -> np.ndarray:
        """The row of each tree's table, shape (n, T)."""
        tables = self._tables
        return (X.astype(np.float32)[:, tables.feature] > tables.border) @ self._bits

    def _margins(self, rows: np.ndarray) -> np.ndarray:
        return self._tables.values[self._trees, rows].sum(axis=1) + self._tables.bias

    def _contributions(self, row: np.ndarray) -> np.ndarray:
        told = self._tables.shap[self._trees, row]
        found = [
            np.bincount(self._flat, told[:, :, k].ravel(), self._features + 1) for k in range(told.shape[2])
        ]
        shap = np.array(found)
        shap[:, -1] = self._tables.base
        return shap


def make_tables(document: dict[str, Any], features: int) -> Tables:
    """The tables of a CatBoost model's JSON. Raises Unreadable where its trees are not numeric and symmetric."""
    if "oblivious_trees" not in document or "categorical_features" in document["features_info"]:
        raise Unreadable("no symmetric trees over numbers")
    scale, bias = document["scale_and_bias"]
    trees = [_Tree(t, scale, len(bias)) for t in document["oblivious_trees"]]
    depth = max((len(t.features) for t in trees), default=1) or 1
    if depth > DEEPEST or len(trees) == 0:
        raise Unreadable(f"trees deeper than {DEEPEST}")
    shape = (len(trees), 2**depth)
    tables = Tables(
        np.zeros((len(trees), depth), np.int64), np.full((len(trees), depth), np.inf, np.float32),
        np.zeros((*shape, len(bias))), np.zeros((*shape, depth, len(bias))),
        np.full((len(trees), depth), features, np.int64), np.array(bias, float),
        np.array(bias, float) + sum(t.mean for t in trees),
    )  # fmt: skip
    for i, tree in enumerate(trees):
        d, leaves = len(tree.features), len(tree.values)
        tables.feature[i, :d], tables.border[i, :d] = tree.features, tree.borders
        tables.values[i, :leaves] = tree.values
        tables.shap[i, :leaves, : len(tree.told)] = tree.table()
        tables.told[i, : len(tree.told)] = tree.told
    return tables


class _Tree:
    def __init__(self, tree: dict[str, Any], scale: float, margins: int):
        splits = tree["splits"] or []
        if any(s["split_type"] != "FloatFeature" for s in splits):
            raise Unreadable("splits over categories")
        self.features = np.array([s["float_feature_index"] for s in splits], np.int64)
        self.borders = np.array([s["border"] for s in splits], np.float32)
        self.values = scale * np.array(tree["leaf_values"], float).reshape(-1, margins)
        self.weights = np.array(tree["leaf_weights"], float)
        self.told = np.unique(self.features)

    @property
    def mean(self) -> np.ndarray:
        """The tree's mean over its training records."""
        return self.weights @ self.values / max(self.weights.sum(), 1e-300)

    def table(self) -> np.ndarray:
        """SHAP values by the conditions that hold, shape (2^d, m, K)."""
        numbers = np.arange(len(self.values))
        bits = [sum(1 << j for j in np.flatnonzero(self.features == f)) for f in self.told]
        agrees = np.stack([((numbers[:, None] ^ numbers) & b) == 0 for b in bits], axis=2) if bits else None
        if agrees is None:
            return np.zeros((1, 0, self.values.shape[1]))
        lean = agrees - self._shares()
        points, weights = np.polynomial.legendre.leggauss(max(1, (len(bits) + 1) // 2))
        factor = self._shares()[:, :, None] + lean[..., None] * ((points + 1) / 2)
        found = []
        for i in range(len(bits)):
            others = np.prod(np.delete(factor, i, axis=2), axis=2) @ (weights / 2)
            found.append((lean[:, :, i] * others) @ self.values)
        return np.stack(found, axis=1)

    def _shares(self) -> np.ndarray:
        """Of each leaf and feature, the share of training records that go the leaf's way there, shape (2^d, m)."""
        numbers, shares = np.arange(len(self.values)), np.ones((len(self.values), len(self.told)))
        above, mask = np.full(len(self.values), self.weights.sum()), 0
        for j in reversed(range(len(self.features))):
            mask |= 1 << j
            here = np.bincount(numbers & mask, self.weights, len(numbers))[numbers & mask]
            shares[:, np.searchsorted(self.told, self.features[j])] *= here / np.maximum(above, 1e-300)
            above = here
        return shares
