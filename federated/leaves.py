"""Values of leaves from sums of derivatives over all banks: what `leaf_refit` and `histogram` have in common."""

from __future__ import annotations

import numpy as np
from numba import njit

from federated.learners.protocol import Shrinkage, Structure

G, H, COUNT = range(3)


def leaf_sums(structures: list[Structure], leaves: np.ndarray, g: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Sums of g, h and records by leaf and margin, shape (outputs, 3); additive over records and banks.

    `leaves`, shape (T, n), has the leaf of each record in each tree; g and h are of shape (n, K). Outputs go tree by
    tree, leaf by leaf, margin by margin.
    """
    parts = [np.zeros((0, 3))]
    for structure, leaf in zip(structures, leaves, strict=True):
        table = np.zeros((structure.leaves, len(structure.margins), 3))
        _tally(table, np.ascontiguousarray(leaf), g, h, np.array(structure.margins))
        parts.append(table.reshape(-1, 3))
    return np.concatenate(parts)


@njit(cache=True, nogil=True)
def _tally(table, leaf, g, h, margins):
    for i in range(len(leaf)):
        for m in range(len(margins)):
            cell = table[leaf[i], m]
            cell[0] += g[i, margins[m]]
            cell[1] += h[i, margins[m]]
            cell[2] += 1.0


def newton_values(sums: np.ndarray, shrinkage: Shrinkage) -> np.ndarray:
    """-G / (H + l2), not yet times the step, of sums (..., 3); zero where a leaf has too few records."""
    values = -sums[..., G] / np.maximum(np.maximum(sums[..., H], 0.0) + shrinkage.l2, 1e-12)
    return np.where(sums[..., COUNT] >= shrinkage.fewest, values, 0.0)


def refitted_values(
    structures: list[Structure], sums: np.ndarray, shrinkage: Shrinkage, monotone: dict[int, int]
) -> np.ndarray:
    """Values of all outputs from their `sums`, shape (outputs, 3), times the step, in monotone directions.

    A structure's directions held at the bank that proposed it; here they hold for the values of all banks.
    """
    values = newton_values(sums, shrinkage)
    start = 0
    for structure in structures if monotone else []:
        own = slice(start, start := start + structure.leaves)
        low, high = structure.splits.bounds(lambda s: newton_values(s, shrinkage), sums[own], monotone)
        values[own] = np.clip(values[own], low, high)
    return shrinkage.step * values


def loss_change(sums: np.ndarray, values: np.ndarray) -> np.ndarray:
    """What `values` add to the sum of log losses, to second order, given `sums` (..., outputs, 3)."""
    return (sums[..., G] * values + 0.5 * sums[..., H] * values**2).sum(axis=-1)
