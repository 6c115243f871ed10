"""Common bins of the features: what a bank codes its records by before it makes histograms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# Beyond every value, the latter in single precision too.
ABOVE_ALL, BELOW_ALL = 1e300, -1e38


@dataclass(frozen=True)
class Bins:
    """Upper edges of each feature's bins, without the last: a value of at most `edges[i]` is in bin i or below.

    A feature of m edges has m + 1 bins of values and one more, the last, of missing values.
    """

    edges: tuple[tuple[float, ...], ...]

    @property
    def starts(self) -> np.ndarray:
        """Where each feature's bins start in a row of all bins, shape (F + 1,); the last is their number."""
        return np.cumsum([0, *(len(e) + 2 for e in self.edges)])

    def codes(self, X: np.ndarray) -> np.ndarray:
        """Bin of each value, shape (n, F)."""
        codes = np.empty(X.shape, np.uint8)
        for f, edges in enumerate(self.edges):
            missing = np.isnan(X[:, f])
            codes[:, f] = np.where(missing, len(edges) + 1, np.searchsorted(edges, X[:, f], "left"))
        return codes

    def threshold(self, feature: int, code: int) -> float:
        """The highest value in bin `code` of `feature`; -1 is below all."""
        if code < 0:
            return BELOW_ALL
        edges = self.edges[feature]
        return edges[code] if code < len(edges) else ABOVE_ALL


def level_edges(values: Sequence[float]) -> tuple[float, ...]:
    """Edges half-way between the numbers that stand for a category's levels."""
    distinct = np.unique(values)
    return tuple(((distinct[:-1] + distinct[1:]) / 2.0).tolist())


def quantile_edges(edges: np.ndarray, counts: np.ndarray, bins: int) -> tuple[float, ...]:
    """Edges of at most `bins` bins of about equal counts, out of `edges`; shape (m,) and (m + 1,).

    Cells are taken in order into a bin until it holds its share of the records left; a cell heavier than
    that gets a bin of its own (as LightGBM's greedy binning does with frequent values).
    """
    filled = np.flatnonzero(counts)
    if len(filled) <= bins:
        return tuple(edges[filled[:-1]].tolist())
    chosen, held, left = [], 0.0, counts.sum()
    for cell, after in pairwise(filled):
        held += counts[cell]
        share = left / (bins - len(chosen))
        if held >= share or counts[after] >= share:
            chosen.append(float(edges[cell]))
            left, held = left - held, 0.0
        if len(chosen) == bins - 1:
            break
    return tuple(chosen)
