"""Values that no two records may share, over records that come in slices."""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.contract import Contract
from credit.features import ROW
from credit.parsing import typed_column

SLOTS = 4
"""for each record: fewer make more values share one"""


class Repeats:
    """Finds, slice by slice in order, the records whose value of a unique column stood in an earlier record."""

    def __init__(self, contract: Contract, rows: int):
        self._columns = [c for c in contract.columns if c.unique]
        self._values = {c.name: UniqueValues(rows) for c in self._columns}

    def among(self, texts: pl.DataFrame) -> dict[str, pl.Series]:
        """The rows of such records among the next slice's `texts`, which have `row`, by the column's name."""
        found = {}
        for column in self._columns:
            known = texts.select(ROW, typed_column(column).alias(column.name)).drop_nulls(column.name)
            found[column.name] = known[ROW].gather(self._values[column.name].add(known[column.name]))
        return found


class UniqueValues:
    """The values so far. Each has its slot by its hash; the few whose slot was taken stand in a set."""

    def __init__(self, rows: int):
        self._bits = max(10, (SLOTS * rows).bit_length())
        self._holders = np.zeros(1 << self._bits, np.uint32)  # of each slot the place of its value, from 1
        self._values: pl.Series | None = None
        self._others: set = set()

    def add(self, values: pl.Series) -> np.ndarray:
        """Add `values`; the places among them, from 0, of those that were there before."""
        self._values = values.clone() if self._values is None else self._values.append(values)
        places = np.arange(len(self._values) - len(values), len(self._values), dtype=np.uint32) + np.uint32(1)
        slots = values.hash().to_numpy() >> np.uint64(64 - self._bits)
        free = np.flatnonzero(self._holders[slots] == 0)[
            ::-1
        ]  # backwards: of several the first is the last to sit
        self._holders[slots[free]] = places[free]
        taken = np.flatnonzero(self._holders[slots] != places)
        again = (values.gather(taken) == self._values.gather(self._holders[slots[taken]] - 1)).to_numpy(
            writable=True
        )
        for at, value in zip(np.flatnonzero(~again), values.gather(taken[~again]), strict=True):
            again[at] = value in self._others
            self._others.add(value)
        return taken[again]
