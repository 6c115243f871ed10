"""Gradient histograms of a bank's coded records, at the nodes that the coordinator asks for."""

from __future__ import annotations

import numpy as np
from numba import njit

from credit.errors import FederationError
from federated.bins import Bins
from federated.tasks.task import Part

NODES = "nodes"
SPLIT, WANTED = 6, 2


def packed_nodes(splits: np.ndarray, wanted: np.ndarray) -> bytes:
    """Splits so far, shape (S, 6), and wanted nodes, (W, 2), as `node_histograms` reads them."""
    return np.concatenate([[len(splits)], splits.ravel(), wanted.ravel()]).astype("<i2").tobytes()


def unpacked_nodes(blob: bytes) -> tuple[np.ndarray, np.ndarray]:
    """What `packed_nodes` packed."""
    count, *_ = numbers = np.frombuffer(blob, "<i2").astype(np.int64)
    splits, wanted = np.split(numbers[1:], [count * SPLIT])
    return splits.reshape(-1, SPLIT), wanted.reshape(-1, WANTED)


class CodedRecords:
    """A bank's records as codes of the common bins, shape (n, F).

    Raises FederationError where nothing was agreed about bins.
    """

    def __init__(self, edges: tuple[tuple[float, ...], ...] | None, part: Part):
        if edges is None:
            raise FederationError("the agreement has no bins: start the training again")
        bins = Bins(edges)
        self.codes, self.starts = bins.codes(part.X), bins.starts


def node_histograms(
    codes: np.ndarray,
    starts: np.ndarray,
    g: np.ndarray,
    h: np.ndarray,
    splits: np.ndarray,
    wanted: np.ndarray,
) -> np.ndarray:
    """Sums of g, h and records by bin of each wanted node, shape (W, bins, 3); additive over records.

    `codes` is (n, F), `starts` (F + 1,) of `Bins`; g and h are (n, K). `splits` has a row (tree, feature,
    code, missing left, left, right) for each split so far, trees in order, children below zero being
    leaves; `wanted` has a row (tree, leaf). Tree k boosts margin k.
    """
    found = np.zeros((len(wanted), starts[-1], 3))
    for tree in np.unique(wanted[:, 0]):
        own = np.ascontiguousarray(splits[splits[:, 0] == tree])
        slots = np.full(len(own) + 1, -1)
        mine = wanted[:, 0] == tree
        slots[wanted[mine, 1]] = np.flatnonzero(mine)
        gk, hk = np.ascontiguousarray(g[:, tree]), np.ascontiguousarray(h[:, tree])
        _fill(found, codes, starts, gk, hk, own, slots)
    return found


@njit(cache=True, nogil=True)
def _fill(found, codes, starts, g, h, splits, slots):
    for i in range(len(codes)):
        node = 0 if len(splits) else -1
        while node >= 0:
            feature = splits[node, 1]
            code = codes[i, feature]
            if code == starts[feature + 1] - starts[feature] - 1:
                left = splits[node, 3] == 1
            else:
                left = code <= splits[node, 2]
            node = splits[node, 4] if left else splits[node, 5]
        slot = slots[~node]
        if slot < 0:
            continue
        for feature in range(codes.shape[1]):
            cell = starts[feature] + codes[i, feature]
            found[slot, cell, 0] += g[i]
            found[slot, cell, 1] += h[i]
            found[slot, cell, 2] += 1.0
