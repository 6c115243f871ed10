"""Records by fine bin and outcome, on cut points that nobody's data set: sums over banks are all they tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credit.features import FeatureSpec, defaults

if TYPE_CHECKING:
    import polars as pl

DECADES = range(-3, 7)
_POSITIVE = [float(f"{m / 10}e{k}") for k in DECADES for m in range(10, 100)] + [1e7]
CUTS = np.array([-c for c in reversed(_POSITIVE)] + [0.0] + _POSITIVE)
"""Every number of two significant digits from 0.001 to ten million, and its negative: bin i is [CUTS[i-1], CUTS[i])."""


@dataclass(frozen=True)
class FeatureCounts:
    """Records by bin and outcome of each feature: good, default, shape (bins, 2), the last bin for missing values.

    A category's bins are the contract's levels. Counts of several banks add up to those of their records.
    """

    levels: Mapping[str, tuple[str, ...]]
    table: Mapping[str, np.ndarray]

    @classmethod
    def count(cls, frame: pl.DataFrame, spec: FeatureSpec) -> FeatureCounts:
        """Of the feature columns and `outcome` of `frame`; default is the last class."""
        default = defaults(frame, spec)
        table = {}
        for feature in spec.features:
            place, bins = _places(frame[feature], spec.levels.get(feature))
            table[feature] = np.bincount(2 * place + default, minlength=2 * bins).reshape(-1, 2).astype(float)
        return cls(spec.levels, table)

    def to_vector(self) -> np.ndarray:
        """All counts as one additive vector, so that banks can send it masked."""
        return np.concatenate([t.ravel() for t in self.table.values()])

    def with_vector(self, vector: np.ndarray) -> FeatureCounts:
        """The same layout filled from a (summed) vector of `to_vector`."""
        sizes = [t.size for t in self.table.values()]
        parts = np.split(vector, np.cumsum(sizes)[:-1])
        filled = {f: part.reshape(-1, 2) for f, part in zip(self.table, parts, strict=True)}
        return FeatureCounts(self.levels, filled)


def summed(counts: Iterable[FeatureCounts]) -> FeatureCounts:
    """The sum over banks. Raises ValueError where there is no bank."""
    every = list(counts)
    if not every:
        raise ValueError("no bank sent counts")
    return every[0].with_vector(np.sum([c.to_vector() for c in every], axis=0))


def _places(column: pl.Series, levels: tuple[str, ...] | None) -> tuple[np.ndarray, int]:
    """Each value's bin, and how many bins there are."""
    import polars as pl

    if levels is not None:
        order = {name: i for i, name in enumerate(levels)}
        codes = column.cast(pl.String).replace_strict(order, default=len(levels), return_dtype=pl.Int64)
        return codes.to_numpy(), len(levels) + 1
    values = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    place = np.searchsorted(CUTS, values, "right")
    return np.where(np.isnan(values), len(CUTS) + 1, place), len(CUTS) + 2
