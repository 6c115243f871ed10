"""Applicants' values as rows of the model matrix: what `Encoding.matrix` makes of a file, without polars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np

from credit.contract import Column, Contract, Derived
from credit.encoding import MISSING, Encoding

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
        X = np.empty((len(rows), len(self._names)))
        X[:, self._numbers] = _numbers(rows, [self._names[i] for i in self._numbers])
        for i, levels in self._coded:
            X[:, i] = _codes([row[self._names[i]] for row in rows], levels)
        for i, low, high in self._clips:
            np.minimum(np.maximum(X[:, i], low), high, out=X[:, i])
        return X


def limits_of(field: Column | Derived) -> tuple[float, float]:
    """Between which values a field is held."""
    low, high = field.clip or (None, None)
    return -np.inf if low is None else low, np.inf if high is None else high


def _codes(column: list[Any], levels: Levels) -> list[float]:
    missing = levels[MISSING]
    return [levels.get(value or MISSING, missing) for value in column]


def _numbers(rows: Sequence[Mapping[str, Any]], names: list[str]) -> np.ndarray:
    if len(names) > 1:
        cells = chain.from_iterable(map(itemgetter(*names), rows))
        try:
            return np.fromiter(cells, np.float64, len(rows) * len(names)).reshape(-1, len(names))
        except TypeError:
            pass  # Something is not known: column by column it becomes NaN.
    columns = [np.array([row[name] for row in rows], dtype=np.float64) for name in names]
    return np.array(columns).reshape(len(names), len(rows)).T
