"""Applicants' values as rows of the model matrix: what `Encoding.matrix` makes of a file, without polars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from credit.contract import Contract
from credit.encoding import MISSING, Encoding
from credit.fields import Column, Derived

Levels = Mapping[str, float]


class RowEncoder:
    """Winsorises and encodes raw and derived values; one applicant in microseconds, many column by column."""

    def __init__(self, contract: Contract, encoding: Encoding):
        fields = [contract.fields[name] for name in encoding.features]
        self._names = encoding.features
        self._coded = [(i, encoding.levels[n]) for i, n in enumerate(self._names) if n in encoding.levels]
        self._numbers = [i for i, n in enumerate(self._names) if n not in encoding.levels]
        self._clips = [(i, *limits_of(f)) for i, f in enumerate(fields) if f.clip]

    def row(self, values: Mapping[str, Any]) -> np.ndarray:
        """One applicant, shape (1, F)."""
        picked = [values[name] for name in self._names]
        for i, low, high in self._clips:
            if (value := picked[i]) is not None:
                picked[i] = min(max(value, low), high)
        for i, levels in self._coded:
            picked[i] = levels.get(picked[i] or MISSING, levels[MISSING])
        return np.array([picked], dtype=np.float64)

    def matrix(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Many applicants, shape (n, F)."""
        return self.columns({name: [row[name] for row in rows] for name in self._names}, len(rows))

    def columns(self, columns: Mapping[str, Sequence[Any]], n: int) -> np.ndarray:
        """Many applicants' values by column, shape (n, F)."""
        X = np.empty((n, len(self._names)))
        for i in self._numbers:
            X[:, i] = np.array(columns[self._names[i]], dtype=np.float64)
        for i, levels in self._coded:
            X[:, i] = _codes(columns[self._names[i]], levels)
        for i, low, high in self._clips:
            np.minimum(np.maximum(X[:, i], low), high, out=X[:, i])
        return X


def limits_of(field: Column | Derived) -> tuple[float, float]:
    """Between which values a field is held."""
    low, high = field.clip or (None, None)
    return -np.inf if low is None else low, np.inf if high is None else high


def _codes(column: Sequence[Any], levels: Levels) -> list[float]:
    missing = levels[MISSING]
    return [levels.get(value or MISSING, missing) for value in column]
