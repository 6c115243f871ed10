"""What drives the scores at each bank, and by value of each feature: sums that banks can add without their records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit.binning import CUTS
from credit.encoding import Encoding

BINS = len(CUTS) + 2
# Log odds that one feature may add: a bound, so that no record can outweigh a sum.
MOST_SHAP = 10.0


@dataclass(frozen=True)
class ShapSums:
    """Records, sum of |SHAP| by feature, shape (F,), and count and sum of SHAP by value bin, shape (F, bins, 2).

    A bin is one of `binning.CUTS`, the last one for missing values; sums of several banks add up.
    """

    features: tuple[str, ...]
    records: int
    absolute: np.ndarray
    by_value: np.ndarray

    @classmethod
    def of(cls, features: tuple[str, ...], X: np.ndarray, values: np.ndarray) -> ShapSums:
        """Of a bank's model matrix, shape (n, F), and SHAP values, shape (n, F), none beyond MOST_SHAP."""
        values = np.clip(values, -MOST_SHAP, MOST_SHAP)
        by_value = np.zeros((len(features), BINS, 2))
        for i in range(len(features)):
            place = np.where(np.isnan(X[:, i]), BINS - 1, np.searchsorted(CUTS, X[:, i], "right"))
            by_value[i, :, 0] = np.bincount(place, minlength=BINS)
            by_value[i, :, 1] = np.bincount(place, values[:, i], BINS)
        return cls(features, len(X), np.abs(values).sum(axis=0), by_value)

    def __add__(self, other: ShapSums) -> ShapSums:
        return ShapSums(
            self.features,
            self.records + other.records,
            self.absolute + other.absolute,
            self.by_value + other.by_value,
        )

    def to_vector(self) -> np.ndarray:
        """All sums as one additive vector."""
        return np.concatenate([[self.records], self.absolute, self.by_value.ravel()])

    @classmethod
    def from_vector(cls, features: tuple[str, ...], vector: np.ndarray) -> ShapSums:
        """What a (summed) vector of `to_vector` holds."""
        (records,), absolute, by_value = np.split(vector, [1, 1 + len(features)])
        return cls(features, round(records), absolute, by_value.reshape(len(features), BINS, 2))

    @property
    def mean_absolute(self) -> np.ndarray:
        """Mean |SHAP| of each feature, shape (F,)."""
        return self.absolute / max(self.records, 1)


def by_bank(sums: Mapping[str, ShapSums]) -> pl.DataFrame:
    """Mean |SHAP|, a row a bank, a column a feature."""
    return pl.DataFrame(
        [
            {"bank": bank, **dict(zip(s.features, s.mean_absolute.tolist(), strict=True))}
            for bank, s in sums.items()
        ]
    )


def strongest_by_bank(means: pl.DataFrame, titles: Mapping[str, str], most: int = 4) -> pl.DataFrame:
    """The `most` strongest features of each bank, named by `titles`, of a table of `by_bank`: a row a bank."""
    rows = []
    for row in means.iter_rows(named=True):
        told = sorted(((value, name) for name, value in row.items() if name != "bank"), reverse=True)[:most]
        listed = ", ".join(f"{titles[name]} {value:.2f}" for value, name in told)
        rows.append({"bank": row["bank"], "strongest features": listed})
    return pl.DataFrame(rows)


def dependence(sums: ShapSums, feature: str, encoding: Encoding, smallest: int = 5) -> pl.DataFrame:
    """Mean SHAP by value of `feature`: columns value (a number, or a level's name), records, shap.

    Bins of fewer than `smallest` records are left out: nobody's own value shows.
    """
    counts, total = sums.by_value[sums.features.index(feature)].T
    if feature in encoding.levels:
        numbers = encoding.levels[feature]
        place = {level: int(np.searchsorted(CUTS, v, "right")) for level, v in numbers.items()}
        rows = [(level or "not known", counts[p], total[p]) for level, p in place.items()]
    else:
        middle = np.concatenate([CUTS[:1], (CUTS[:-1] + CUTS[1:]) / 2, CUTS[-1:]])
        # A whole number is its bin's lower end, not its middle.
        value = np.where(np.append(True, np.round(CUTS) == CUTS), np.append(CUTS[0], CUTS), middle)
        rows = list(zip(value.tolist(), counts[:-1], total[:-1], strict=True))
    kept = [(v, int(n), float(s / n)) for v, n, s in rows if n >= smallest]
    value_type = pl.String if feature in encoding.levels else pl.Float64
    schema = {"value": value_type, "records": pl.Int64, "shap": pl.Float64}
    return pl.DataFrame(kept, schema=schema, orient="row")


def extremes(curve: pl.DataFrame, each: int) -> pl.DataFrame:
    """The rows of a `dependence` curve in order of their SHAP: at most `each` from either end."""
    order = curve.sort("shap")
    return order if order.height <= 2 * each else pl.concat([order.head(each), order.tail(each)])


def rank_agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman correlation of two models' mean |SHAP| by feature: 1 where they rank the features alike."""
    if len(one) < 2:
        return 1.0
    ranks = [np.argsort(np.argsort(-v, kind="stable"), kind="stable").astype(float) for v in (one, other)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
