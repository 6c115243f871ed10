"""Quantiles of all banks' values from summed counts: a grid that is refined where the records are.

Counts in the cells of a common grid add up over banks and can be masked, which the sketches of single
streams (Greenwald & Khanna 2001) cannot. A cell is refined only while it holds more than its share of the
records, so that no cell closes in on few of them.
"""

from __future__ import annotations

import numpy as np

CELLS = 256
REFINEMENTS = 4
OCTAVES = np.arange(-20, 41)


def first_grid() -> np.ndarray:
    """Edges at zero and at the powers of two from a millionth to a trillion, of both signs."""
    powers = 2.0**OCTAVES
    return np.concatenate([-powers[::-1], [0.0], powers])


def in_order(values: np.ndarray) -> np.ndarray:
    """The present values, ascending: what `cell_counts` counts."""
    return np.sort(values[~np.isnan(values)])


def cell_counts(ordered: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Values, given in order, by cell, shape (m + 1,): cell i ends at `edges[i]`, which belongs to it."""
    below = np.searchsorted(ordered, edges, "right")
    return np.diff(below, prepend=0, append=len(ordered)).astype(float)


def refined_grid(edges: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """A grid with cells parted that hold more than their share, and without edges between empty cells."""
    parts = np.ceil(counts * CELLS / max(counts.sum(), 1.0)).astype(int)
    kept = [np.zeros(0)]
    for cell in range(1, len(edges)):
        low, high = edges[cell - 1], edges[cell]
        if parts[cell] > 1:
            kept.append(np.linspace(low, high, parts[cell] + 1))
        elif parts[cell]:
            kept.append(np.array([low, high]))
    outer = [edges[:1]] * bool(parts[0]) + [edges[-1:]] * bool(parts[-1])
    return np.unique(np.concatenate([*kept, *outer]))
