"""Values that no two records may share, over records that come in slices."""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.contract import Contract
from credit.features import ROW

SLOTS = 3
"""for each record: fewer make more values share one"""


class Repeats:
    """Finds, slice by slice in order, the records whose value of a unique column stood in an earlier record."""

    def __init__(self, contract: Contract, rows: int):
        self._values = {c.name: UniqueValues(rows) for c in contract.columns if c.unique}

    def among(self, records: pl.DataFrame) -> dict[str, pl.Series]:
        """The rows of such records among the next slice's typed `records`, which have `row`, by the column's name."""
        found = {}
        for name, values in self._values.items():
            known = records.select(ROW, name).drop_nulls(name)
            found[name] = known[ROW].gather(values.add(known[name]))
        return found


class UniqueValues:
    """The values so far, at most `rows`. Each has a slot, the first free one from where its hash points."""

    def __init__(self, rows: int):
        self._bits = max(10, (SLOTS * rows).bit_length())
        self._holders = np.zeros(1 << self._bits, np.uint32)  # of each slot the place of its value, from 1
        self._values: pl.Series | None = None

    def add(self, values: pl.Series) -> np.ndarray:
        """Add `values`; the places among them, from 0, of those that were there before.

        Raises ValueError where they are too many for the slots.
        """
        self._values = values.clone() if self._values is None else self._values.append(values)
        if len(self._values) > len(self._holders) // 2:
            raise ValueError(f"{len(self._values):,} values, more than announced")
        first = len(self._values) - len(values) + 1
        slots = (values.hash().to_numpy() >> np.uint64(64 - self._bits)).view(np.int64)
        places, repeated = np.arange(len(values), dtype=np.uint32), np.zeros(len(values), bool)
        while len(places):
            # Backwards: of several that want a slot the first one sits down last.
            free = np.flatnonzero(self._holders.take(slots) == 0)[::-1]
            self._holders[slots[free]] = places[free] + np.uint32(first)
            holders = self._holders.take(slots)
            taken = np.flatnonzero(holders != places + np.uint32(first))
            places, slots, holders = places[taken], slots[taken], holders[taken]
            again = (values.gather(places) == self._values.gather(holders - 1)).to_numpy()
            repeated[places[again]] = True
            places, slots = places[~again], (slots[~again] + 1) & (len(self._holders) - 1)
        return np.flatnonzero(repeated)
