"""The best split of a node, from its histogram."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

# Splits of equal worth stay equal whatever the order of the banks' sums: the first of them is taken.
TIE = 1e-6


class Split(NamedTuple):
    """A split: values up to bin `code` of `feature` go left, and missing ones where `nan_left`.

    `left` and `right` are the sides' sums of g, h and records; `gain` is what the split takes off the loss.
    """

    gain: float
    feature: int
    code: int
    nan_left: bool
    left: np.ndarray
    right: np.ndarray


@njit(cache=True, nogil=True)
def value(g, h, l2, low, high):
    """-g / (h + l2), within bounds; noise may have put h below zero, where no sum of them lies."""
    return min(max(-g / max(max(h, 0.0) + l2, 1e-12), low), high)


@njit(cache=True, nogil=True)
def worth(g, h, l2, w):
    """What value `w` takes off the loss, to second order."""
    return -(g * w + 0.5 * (max(h, 0.0) + l2) * w * w)


@njit(cache=True, nogil=True)
def _search(histogram, starts, total, directions, l2, fewest, low, high):
    best_gain, feature, code, nan_left = 0.0, -1, 0, False
    best_left = np.zeros(3)
    all_g, all_h, records = total
    now = worth(all_g, all_h, l2, value(all_g, all_h, l2, low, high))
    for f in range(len(starts) - 1):
        missing = histogram[starts[f + 1] - 1]
        for side in range(2 if missing[2] > 0.5 else 1):
            g, h, n = (missing[0], missing[1], missing[2]) if side else (0.0, 0.0, 0.0)
            for c in range(starts[f + 1] - starts[f] - 1):
                g += histogram[starts[f] + c, 0]
                h += histogram[starts[f] + c, 1]
                n += histogram[starts[f] + c, 2]
                if n < fewest or records - n < fewest:
                    continue
                wl = value(g, h, l2, low, high)
                wr = value(all_g - g, all_h - h, l2, low, high)
                if directions[f] * (wr - wl) < 0:
                    continue
                gain = worth(g, h, l2, wl) + worth(all_g - g, all_h - h, l2, wr) - now
                if gain > best_gain * (1.0 + TIE) + TIE:
                    best_gain, feature, code = gain, f, c
                    best_left[:] = g, h, n
                    nan_left = side == 1 if missing[2] > 0.5 else n > records - n
    return best_gain, feature, code, nan_left, best_left


def best_split(
    histogram: np.ndarray,
    starts: np.ndarray,
    total: np.ndarray,
    directions: np.ndarray,
    l2: float,
    fewest: int,
    bounds: tuple[float, float],
) -> Split | None:
    """The split of the largest gain, or None where none gains.

    `histogram` is (bins, 3), `starts` as in `Bins`, `total` the node's sums; `directions` is +1, 0 or -1 by
    feature. Both sides must hold `fewest` records; values are kept within `bounds`. Where a node has no
    missing value, one that comes later goes with most records.
    """
    gain, feature, code, nan_left, left = _search(
        histogram, starts, total, directions, l2, float(max(fewest, 1)), *bounds
    )
    return None if feature < 0 else Split(gain, feature, code, bool(nan_left), left, total - left)
