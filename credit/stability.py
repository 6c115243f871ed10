"""How far records have moved from those a model was trained on.

One sum serves both: over groups of the score it is the population stability index (PSI), over the values of a
feature the characteristic stability index (CSI).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

from credit.binning import FeatureCounts, summed

GROUPS = 10
POINT_BINS = 110
CERTAINTY = 0.99
ALL = "all banks"


@dataclass(frozen=True)
class Population:
    """What a bank tells of a set of its records: counts by bin of the points, shape (110,), and by feature bin."""

    points: np.ndarray
    features: FeatureCounts

    @property
    def records(self) -> float:
        return float(self.points.sum())


def point_counts(points: np.ndarray, low: float, high: float) -> np.ndarray:
    """Records by equal bin of the points between `low` and `high`, shape (110,)."""
    return np.histogram(points, POINT_BINS, (low, high))[0].astype(float)


@dataclass(frozen=True)
class Populations:
    """What banks tell: each for itself, where that is known, and all together."""

    by_bank: Mapping[str, Population]
    all: Population

    @classmethod
    def of(cls, by_bank: Mapping[str, Population]) -> Populations:
        """With their sum. Raises ValueError where there is no bank."""
        every = list(by_bank.values())
        points = np.sum([p.points for p in every], axis=0)
        return cls(by_bank, Population(points, summed(p.features for p in every)))


def grouping(reference: np.ndarray, groups: int = GROUPS) -> np.ndarray:
    """The group of each bin, in order of the bins, so that groups hold about as many reference records."""
    total = reference.sum()
    if not total:
        return np.zeros(len(reference), int)
    # Rising also where noise has put counts below zero.
    middle = np.maximum.accumulate(np.cumsum(reference) - reference / 2) / total
    numbers = np.clip((middle * groups).astype(int), 0, groups - 1)
    return np.unique(numbers, return_inverse=True)[1]


def psi(reference: np.ndarray, actual: np.ndarray) -> float:
    """Population stability index of two vectors of counts over the same groups; NaN where one is empty.

    Half a record stands in an empty group, or the index would be infinite (Siddiqi 2006).
    """
    if not reference.sum() or not actual.sum():
        return float("nan")
    r, a = (np.maximum(c, 0.5) / np.maximum(c, 0.5).sum() for c in (reference, actual))
    return float(((a - r) * np.log(a / r)).sum())


def psi_noise(groups: int, reference: float, actual: float) -> float:
    """The index that unmoved records stay below in 99 of 100 cases.

    It follows a chi-square law times 1/n + 1/m (Yurdakul 2018); its quantile after Wilson & Hilferty (1931).
    """
    if groups < 2 or not reference or not actual:
        return 0.0
    k, z = groups - 1, NormalDist().inv_cdf(CERTAINTY)
    quantile = k * (1 - 2 / (9 * k) + z * (2 / (9 * k)) ** 0.5) ** 3
    return quantile * (1 / reference + 1 / actual)


def score_stability(reference: Populations, actual: Populations, limit: float) -> pl.DataFrame:
    """Each bank against its own training records, then all together.

    Columns name, records, psi, noise, drifted (beyond the limit and beyond mere chance), most_moved (the
    feature with the largest index) and its csi.
    """
    before = reference.by_bank
    rows = [_row(b, before[b], now, limit) for b, now in actual.by_bank.items() if b in before]
    rows.append(_row(ALL, reference.all, actual.all, limit))
    return pl.DataFrame(rows).fill_nan(None)


def feature_stability(reference: Population, actual: Population) -> pl.DataFrame:
    """Columns name (a feature), csi, noise; the most moved first."""
    rows = []
    for name, before in reference.features.table.items():
        category = name in reference.features.levels
        csi, noise = _index(before.sum(axis=1), actual.features.table[name].sum(axis=1), category)
        rows.append({"name": name, "csi": csi, "noise": noise})
    return pl.DataFrame(rows).fill_nan(None).sort("csi", descending=True, nulls_last=True)


def _row(name: str, reference: Population, actual: Population, limit: float) -> dict:
    score, noise = _index(reference.points, actual.points, False)
    moved = feature_stability(reference, actual).row(0, named=True)
    drifted = bool(score > max(limit, noise))
    figures = {"records": int(actual.records), "psi": score, "noise": noise, "drifted": drifted}
    return {"name": name, **figures, "most_moved": moved["name"], "csi": moved["csi"]}


def _index(reference: np.ndarray, actual: np.ndarray, category: bool) -> tuple[float, float]:
    """The index, and what chance alone reaches."""
    groups = np.arange(len(reference)) if category else _with_missing_apart(reference)
    n = int(groups.max()) + 1
    before, now = (np.bincount(groups, c, n) for c in (reference, actual))
    used = (before + now) > 0
    noise = psi_noise(int(used.sum()), before.sum(), now.sum())
    return psi(before[used], now[used]), noise


def _with_missing_apart(reference: np.ndarray) -> np.ndarray:
    groups = grouping(reference[:-1])
    return np.append(groups, groups.max() + 1)
