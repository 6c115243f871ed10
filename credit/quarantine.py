"""The quarantine: records that are refused, each with its reasons and its raw text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from credit.contract import Contract
from credit.features import OUTCOME, PLACE, ROW
from credit.fields import Role
from credit.typed import Typed

REASON = "reason"
_TAKEN = {ROW, "bank", REASON}
_A = {
    "number": "a number",
    "money": "an amount of money",
    "year": "a year",
    "date": "a date",
    "duration": "a duration",
    "items": "a list",
    "category": "a known category",
    "text": "a text",
}


def refusals(typed: Typed, contract: Contract, repeated: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Why records are refused: columns row and reason, one line a fault, some records with several."""
    sources = {c.name: c.source for c in contract.columns}
    return pl.concat(
        [
            *_unreadable(typed, contract),
            _unnamed_outcome(typed, contract, sources),
            *(_because(rows, f"{sources[n]}: occurs in an earlier record") for n, rows in repeated.items()),
            _against_schema(typed, contract, sources),
        ]
    )


def quarantined(raw: pl.DataFrame, refused: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The refused records, `raw`, in order of row: row, bank, reason, and the text of each source column."""
    bank = contract.only(Role.BANK)
    source = next((c.source for c in contract.columns if bank and c.name == bank.name), None)
    name = pl.col(source).str.strip_chars() if source else pl.lit(None, pl.String)
    own = [pl.col(PLACE).alias(ROW), name.alias("bank"), _joined(refused)[REASON]]
    return raw.select(
        *own, *(pl.col(c).alias(f"{c} (source)" if c in _TAKEN else c) for c in raw.columns if c != PLACE)
    )


def _joined(refused: pl.DataFrame) -> pl.DataFrame:
    """One line a record, in order of row; the few with several reasons are gathered apart, which takes time."""
    several = refused[ROW].is_duplicated()
    gathered = refused.filter(several).sort(ROW, REASON).group_by(ROW, maintain_order=True)
    return pl.concat([refused.filter(~several), gathered.agg(pl.col(REASON).str.join("; "))]).sort(ROW)


def _because(rows: pl.Series, reason: str) -> pl.DataFrame:
    return pl.DataFrame({ROW: rows}).with_columns(pl.lit(reason).alias(REASON))


def _unreadable(typed: Typed, contract: Contract) -> Iterator[pl.DataFrame]:
    for column in contract.columns:
        if column.name in typed.unreadable:
            rows = typed.records[ROW].gather(typed.unreadable[column.name])
            yield _because(rows, f"{column.source}: is not {_A[column.parse]}")


def _unnamed_outcome(typed: Typed, contract: Contract, sources: Mapping[str, str]) -> pl.DataFrame:
    target = contract.outcome.column
    unnamed = typed.records[OUTCOME].is_null() & typed.records[target].is_not_null()
    return _because(typed.records[ROW].filter(unnamed), f"{sources[target]}: no outcome of the contract")


def _against_schema(typed: Typed, contract: Contract, sources: Mapping[str, str]) -> pl.DataFrame:
    """What pandera finds, but for values known to be unreadable: that they are now missing is no second fault."""
    from credit.schema import schema_faults  # pandera loads while the first records are read

    known = [
        pl.DataFrame({"place": places}).with_columns(pl.lit(name).alias("column"))
        for name, places in typed.unreadable.items()
    ]
    faults = schema_faults(typed.records, contract)
    if known:
        faults = faults.join(pl.concat(known), on=["place", "column"], how="anti", maintain_order="left")
    source = pl.col("column").replace(sources)
    reason = pl.when(source.is_null()).then("fault").otherwise(pl.concat_str(source, "fault", separator=": "))
    return faults.select(typed.records[ROW].gather(faults["place"]).alias(ROW), reason.alias(REASON))
