"""The split that is not made: by row where customers repeat, to show by how much it flatters a model."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from credit.contract import Contract
from credit.features import PARTS, ROW, BankRecords
from credit.fields import Column, Role
from credit.readers import Texts


def customers_repeat(raw: Texts, contract: Contract, banks: Iterable[BankRecords]) -> bool:
    """Whether the banks' records hold several of one customer; they come from `raw`."""
    entity = contract.only(Role.ENTITY)
    if not isinstance(entity, Column):
        return False
    rows = pl.concat([b.part(p)[ROW] for b in banks for p in PARTS])
    customers = raw.select(pl.col(entity.source)).to_series().gather(rows)
    return customers.n_unique() < len(rows)


def split_by_row(banks: Iterable[BankRecords], seed: int) -> list[BankRecords]:
    """The same records with parts of the same sizes drawn row by row, so that customers stand in several."""
    return [_redrawn(bank, np.random.default_rng([seed, i])) for i, bank in enumerate(banks)]


def _redrawn(bank: BankRecords, rng: np.random.Generator) -> BankRecords:
    records = pl.concat([bank.part(p) for p in PARTS])
    order, frames, first = rng.permutation(records.height), {}, 0
    for part in PARTS:
        height = bank.part(part).height
        frames[part] = records[np.sort(order[first : first + height])]
        first += height
    return BankRecords(bank.name, **frames)
