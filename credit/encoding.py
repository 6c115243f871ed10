"""How typed features become the numbers a model reads, fitted from counts alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import polars as pl

SMOOTHING = 50.0
MISSING = ""


@dataclass(frozen=True)
class OutcomeCounts:
    """Records by category level and outcome class: all that encoding a category needs.

    `table[feature]` has one row a level (the contract's levels, then "missing") and one column an
    outcome class. Counts of several banks add up to the counts of the pooled records.
    """

    levels: dict[str, tuple[str, ...]]
    table: dict[str, np.ndarray]
    outcomes: np.ndarray

    @classmethod
    def count(
        cls, frame: pl.DataFrame, outcome: np.ndarray, levels: Mapping[str, tuple[str, ...]], n_classes: int
    ) -> OutcomeCounts:
        """Count `frame`'s levels against `outcome` (class numbers, shape (n,))."""
        table = {}
        for feature, names in levels.items():
            codes = _codes(frame[feature], names)
            flat = np.bincount(codes * n_classes + outcome, minlength=(len(names) + 1) * n_classes)
            table[feature] = flat.reshape(-1, n_classes).astype(float)
        outcomes = np.bincount(outcome, minlength=n_classes).astype(float)
        return cls(dict(levels), table, outcomes)

    def to_vector(self) -> np.ndarray:
        """All counts as one additive vector, so that banks can send it masked."""
        return np.concatenate([self.outcomes, *(t.ravel() for t in self.table.values())])

    def with_vector(self, vector: np.ndarray) -> OutcomeCounts:
        """The same layout filled from a (summed) vector of `to_vector`."""
        n_classes, start, table = len(self.outcomes), len(self.outcomes), {}
        for feature, counts in self.table.items():
            table[feature] = vector[start : start + counts.size].reshape(-1, n_classes)
            start += counts.size
        return OutcomeCounts(self.levels, table, vector[:n_classes])


@dataclass(frozen=True)
class Encoding:
    """The order of a model's features and the number that stands for each category level.

    Numbers pass through (missing stays NaN). A level stands as its smoothed weight of evidence,
    the log odds of the last class against the rest relative to all records (Siddiqi 2006; smoothing
    after Micci-Barreca 2001); with three or more ordered classes as its smoothed mean class number.
    An unknown level counts as missing.
    """

    features: tuple[str, ...]
    levels: dict[str, dict[str, float]]

    @classmethod
    def fit(cls, features: tuple[str, ...], counts: OutcomeCounts, smoothing: float = SMOOTHING) -> Encoding:
        """Fit from outcome counts; records enter through their sums only."""
        levels = {}
        for feature, table in counts.table.items():
            values = _level_values(table, counts.outcomes, smoothing)
            levels[feature] = dict(zip((*counts.levels[feature], MISSING), values.tolist(), strict=True))
        return cls(features, levels)

    def matrix(self, frame: pl.DataFrame) -> np.ndarray:
        """The model matrix of `frame`, shape (n, features), float64."""
        if not self.features:
            return np.empty((frame.height, 0))
        return frame.select([self._column(f) for f in self.features]).to_numpy(order="c", writable=True)

    def vector(self, record: Mapping[str, Any]) -> np.ndarray:
        """The model vector of one applicant's features, shape (features,): `matrix` without polars."""
        row = np.empty(len(self.features))
        for i, feature in enumerate(self.features):
            value = record.get(feature)
            values = self.levels.get(feature)
            if values is not None:
                row[i] = values.get(value or MISSING, values[MISSING])
            else:
                row[i] = np.nan if value is None else value
        return row

    def _column(self, feature: str) -> pl.Expr:
        import polars as pl

        values, column = self.levels.get(feature), pl.col(feature)
        if values is None:
            return column.cast(pl.Float64).fill_null(float("nan"))
        names = {name: value for name, value in values.items() if name != MISSING}
        text = column.cast(pl.String)
        return text.replace_strict(names, default=values[MISSING], return_dtype=pl.Float64)

    def to_dict(self) -> dict[str, Any]:
        return {"features": list(self.features), "levels": self.levels}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Encoding:
        return cls(tuple(data["features"]), {f: dict(v) for f, v in data["levels"].items()})


def _codes(series: pl.Series, names: tuple[str, ...]) -> np.ndarray:
    """Position of each value in `names`; missing and unknown values come last."""
    import polars as pl

    order = {name: i for i, name in enumerate(names)}
    return series.cast(pl.String).replace_strict(order, default=len(names), return_dtype=pl.Int64).to_numpy()


def smoothed_counts(
    table: np.ndarray, outcomes: np.ndarray, smoothing: float = SMOOTHING
) -> tuple[np.ndarray, np.ndarray]:
    """`table`, shape (levels, classes), with `smoothing` records of the common shares at each level; those shares.

    `outcomes` are the records by class over all levels.
    """
    share = (outcomes + 1.0) / (outcomes + 1.0).sum()
    return table + smoothing * share, share


def _level_values(table: np.ndarray, outcomes: np.ndarray, smoothing: float) -> np.ndarray:
    records = table.sum(axis=1)
    smoothed, share = smoothed_counts(table, outcomes, smoothing)
    if len(outcomes) == 2:
        return np.log(smoothed[:, 1] / smoothed[:, 0]) - np.log(share[1] / share[0])
    ranks = np.arange(len(outcomes))
    return smoothed @ ranks / (records + smoothing) - share @ ranks
