"""Weight-of-evidence bins from summed counts: coarse, large enough, and monotone where the contract says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credit.binning import CUTS, FeatureCounts
from credit.encoding import MISSING, Encoding
from credit.features import FeatureSpec
from credit.stability import grouping

START = 30
MOST_BINS = 6
SMALLEST_SHARE = 0.04


@dataclass(frozen=True)
class Bins:
    """A feature's bins on the model matrix: bin i is [cuts[i-1], cuts[i]), and the last is for missing values.

    `counts` holds good loans and defaults, shape (bins, 2); `woe` is log odds of default less those of all
    records (Siddiqi 2006), so that a riskier bin has the higher value.
    """

    cuts: np.ndarray
    counts: np.ndarray
    woe: np.ndarray

    def place(self, x: np.ndarray) -> np.ndarray:
        """The bin of each value, shape (n,)."""
        return np.where(np.isnan(x), len(self.woe) - 1, np.searchsorted(self.cuts, x, "right"))

    @property
    def mean_woe(self) -> float:
        """Mean weight of evidence of the records that the bins were counted on."""
        records = self.counts.sum(axis=1)
        return float(records @ self.woe / max(records.sum(), 1.0))

    @property
    def information(self) -> float:
        """Information value."""
        shares = self.counts / np.maximum(self.counts.sum(axis=0), 1.0)
        return float(((shares[:, 1] - shares[:, 0]) * self.woe).sum())


def woe_bins(counts: FeatureCounts, encoding: Encoding, spec: FeatureSpec) -> dict[str, Bins]:
    """Bins of every feature of `encoding`, from counts summed over banks."""
    return {
        f: _level_bins(counts.table[f], encoding.levels[f], spec.levels[f])
        if f in encoding.levels
        else _number_bins(counts.table[f], spec.monotone.get(f, 0))
        for f in encoding.features
    }


def _number_bins(table: np.ndarray, direction: int) -> Bins:
    known, missing = table[:-1], table[-1]
    groups = grouping(known.sum(axis=1), START)
    first = np.flatnonzero(np.diff(groups, prepend=-1))
    start = np.column_stack([np.bincount(groups, known[:, c], len(first)) for c in (0, 1)])
    cuts, counts = _merged(CUTS[first[1:] - 1], start, direction)
    return _bins(cuts, np.vstack([counts, missing]))


def _level_bins(table: np.ndarray, values: dict[str, float], names: tuple[str, ...]) -> Bins:
    """A category's levels, missing among them, by the number that stands for each in the model matrix."""
    numbers = np.array([values[n] for n in (*names, MISSING)])
    different, place = np.unique(numbers, return_inverse=True)
    start = np.column_stack([np.bincount(place, table[:, c], len(different)) for c in (0, 1)])
    cuts, counts = _merged((different[1:] + different[:-1]) / 2, start, 1)
    return _bins(cuts, np.vstack([counts, [0.0, 0.0]]))


def _bins(cuts: np.ndarray, counts: np.ndarray) -> Bins:
    counts = np.maximum(counts, 0.0)
    totals = counts.sum(axis=0)
    smoothed = (counts + 0.5) / (totals + 0.5 * len(counts))
    woe = np.where(counts.sum(axis=1) > 0, np.log(smoothed[:, 1] / smoothed[:, 0]), 0.0)
    return Bins(cuts, counts, woe)


def _merged(cuts: np.ndarray, counts: np.ndarray, direction: int) -> tuple[np.ndarray, np.ndarray]:
    """Merge neighbours, the pair that tells least apart first, until the bins are as they should be."""
    while len(counts) > 1:
        candidates = _to_merge(counts, direction)
        if not len(candidates):
            break
        pair = min(candidates, key=lambda i: _told_apart(counts, int(i)))
        counts = np.vstack([counts[:pair], counts[pair] + counts[pair + 1], counts[pair + 2 :]])
        cuts = np.delete(cuts, pair)
    return cuts, counts


def _to_merge(counts: np.ndarray, direction: int) -> np.ndarray:
    """Pairs (by their first bin) that may not stay: against the direction, too small, or too many."""
    records = counts.sum(axis=1)
    rate = counts[:, 1] / np.maximum(records, 1e-9)
    against = np.flatnonzero(direction * np.diff(rate) < 0) if direction else np.zeros(0, int)
    small = np.flatnonzero(records < SMALLEST_SHARE * records.sum())
    if len(small):
        pairs = np.unique(np.concatenate([small - 1, small]))
        return pairs[(pairs >= 0) & (pairs < len(counts) - 1)]
    if len(against):
        return against
    return np.arange(len(counts) - 1) if len(counts) > MOST_BINS else np.zeros(0, int)


def _told_apart(counts: np.ndarray, pair: int) -> float:
    """Chi-square of two neighbours' default rates (Kerber 1992)."""
    two = counts[pair : pair + 2]
    expected = np.outer(two.sum(axis=1), two.sum(axis=0)) / max(two.sum(), 1e-9)
    return float(((two - expected) ** 2 / np.maximum(expected, 0.5)).sum())
