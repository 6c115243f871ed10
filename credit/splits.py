"""Train, validation and test of one bank: by time or by customer, never by row where a customer repeats."""

from __future__ import annotations

import zlib

import numpy as np
import polars as pl

from credit.contract import Contract, EntitySplit, TimeSplit
from credit.errors import DataError
from credit.features import OUTCOME, PART, PARTS, ROW, BankRecords
from credit.fields import Column, Role
from credit.partitioning import BANK


def with_parts(records: pl.DataFrame, contract: Contract, seed: int) -> pl.DataFrame:
    """`records` with a column `part`: train, validation, test, or null outside the contract's years."""
    split = contract.split
    part = _by_time(split, contract) if isinstance(split, TimeSplit) else _by_entity(split, contract, seed)
    return records.with_columns(part.alias(PART))


def bank_records(
    records: pl.DataFrame, contract: Contract, bank: str, *, seed: int, cap: int | None = None
) -> BankRecords:
    """The records of `bank` (by the column BANK) that have a part, at most `cap` (a seeded sample), in source order."""
    own = records.filter(pl.col(PART).is_not_null(), pl.col(BANK) == bank)
    if cap is not None and own.height > cap:
        own = own.sort(ROW)[np.sort(_rng(seed, bank).permutation(own.height)[:cap])]
    kept = [ROW, *(f.name for f in (*contract.features, *contract.with_role(Role.SENSITIVE))), OUTCOME]
    parts = own.sort(ROW).partition_by(PART, as_dict=True)
    empty = own.clear().select(kept)
    return BankRecords(bank, *(parts[(p,)].select(kept) if (p,) in parts else empty for p in PARTS))


def single_class_parts(bank: BankRecords) -> list[str]:
    """Parts in which this bank has one outcome class or none: figures like AUC are undefined there."""
    return [p for p in PARTS if bank.part(p)[OUTCOME].n_unique() < 2]


def check_parts(records: pl.DataFrame, contract: Contract) -> None:
    """Raise DataError where a part of `records`, of all banks, has less than two classes: nothing could be judged."""
    for part in PARTS:
        found = records.filter(pl.col(PART) == part)[OUTCOME].unique().to_list()
        if len(found) < 2:
            only = f"records of the class {contract.classes[found[0]]!r} alone" if found else "no record"
            raise DataError(
                f"{only} of data set {contract.name} for {part}: correct the contract's `split`, or add records"
            )


def year_of(contract: Contract) -> pl.Expr:
    """The year by which a contract with a time column splits."""
    time = contract.only(Role.TIME)
    assert time is not None
    dated = isinstance(time, Column) and time.parse == "date"
    return pl.col(time.name).dt.year() if dated else pl.col(time.name)


def _by_time(split: TimeSplit, contract: Contract) -> pl.Expr:
    year = year_of(contract)
    chain = pl.when(year.is_between(*split.train)).then(_named("train"))
    chain = chain.when(year.is_between(*split.validation)).then(_named("validation"))
    return chain.when(year.is_between(*split.test)).then(_named("test"))


def _by_entity(split: EntitySplit, contract: Contract, seed: int) -> pl.Expr:
    entity = contract.only(Role.ENTITY)
    key = pl.col(ROW)
    if entity is not None and split.by == "entity":
        # By its text, not by its place in the contract's list of levels.
        key = pl.col(entity.name).cast(pl.String) if entity.levels else pl.col(entity.name)
    place = key.hash(seed).cast(pl.Float64) / 2.0**64
    chain = pl.when(place < split.test).then(_named("test"))
    return (
        chain.when(place < split.test + split.validation)
        .then(_named("validation"))
        .otherwise(_named("train"))
    )


def _named(part: str) -> pl.Expr:
    return pl.lit(part, pl.Enum(PARTS))


def _rng(seed: int, bank: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(bank.encode())])
