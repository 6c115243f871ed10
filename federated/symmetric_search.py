"""The common split of a symmetric tree's level, from the histograms of all its nodes."""

from __future__ import annotations

import numpy as np
from numba import njit

from federated.split_search import TIE, Split, worth
from federated.split_search import value as newton_value


def common_split(
    histograms: np.ndarray, starts: np.ndarray, directions: np.ndarray, l2: float, fewest: int
) -> list[Split] | None:
    """The split, of one feature and code, that takes most off the loss of all nodes together; None where none does.

    `histograms` is (nodes, bins, 3), `starts` as in `Bins`, `directions` +1, 0 or -1 by feature. Missing values
    go left, so code -1 parts them from all others. A side of less than `fewest` records has the value zero; a node
    that the split would order against its direction counts as one. Returns a split a node.
    """
    gain, feature, code = _search(histograms, starts, directions, l2, float(max(fewest, 1)))
    if feature < 0:
        return None
    first, missing = starts[feature], starts[feature + 1] - 1
    left = histograms[:, first : first + code + 1].sum(axis=1) + histograms[:, missing]
    total = histograms[:, first : missing + 1].sum(axis=1)
    return [Split(gain, feature, code, True, *sides) for sides in zip(left, total - left, strict=True)]


@njit(cache=True, nogil=True)
def _side(g, h, n, l2, fewest):
    return newton_value(g, h, l2, -np.inf, np.inf) if n >= fewest else 0.0


@njit(cache=True, nogil=True)
def _search(histograms, starts, directions, l2, fewest):
    best_gain, feature, code = 0.0, -1, 0
    for f in range(len(starts) - 1):
        first, missing = starts[f], starts[f + 1] - 1
        gains = np.zeros(missing - first)
        for node in range(len(histograms)):
            bins = histograms[node]
            all_g, all_h, records = bins[first : missing + 1].sum(axis=0)
            w = _side(all_g, all_h, records, l2, fewest)
            now = worth(all_g, all_h, l2, w)
            g, h, n = bins[missing]
            for c in range(-1, missing - first - 1):
                if c >= 0:
                    g, h, n = g + bins[first + c, 0], h + bins[first + c, 1], n + bins[first + c, 2]
                wl = _side(g, h, n, l2, fewest)
                wr = _side(all_g - g, all_h - h, records - n, l2, fewest)
                if directions[f] * (wr - wl) < 0:
                    continue
                gains[c + 1] += worth(g, h, l2, wl) + worth(all_g - g, all_h - h, l2, wr) - now
        for c in range(-1, missing - first - 1):
            if gains[c + 1] > best_gain * (1.0 + TIE) + TIE:
                best_gain, feature, code = gains[c + 1], f, c
    return best_gain, feature, code
