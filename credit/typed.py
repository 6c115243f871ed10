"""Records as typed columns: a contract's texts read, its derived columns computed, nothing refused yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import polars as pl

from credit.contract import Contract
from credit.expressions import columns_of
from credit.features import OUTCOME
from credit.fields import Column, Derived, Role
from credit.parsing import at_first_sight, is_missing, known_text, settled, typed_column, within_range

TEXT = "__text__"


@dataclass(frozen=True)
class Typed:
    """`records`: typed columns under the contract's names, beside `row` where the texts had it.

    `unreadable` has by column the positions of records whose text has no reading; `mended` counts by column
    the texts outside the book, and numbers outside the range, that were taken as missing.
    """

    records: pl.DataFrame
    unreadable: dict[str, pl.Series]
    mended: dict[str, int]


def typed_records(raw: pl.DataFrame, contract: Contract) -> Typed:
    """The texts `raw` parsed and derived, with the outcome's class number."""
    typed = parse_columns(raw, contract)
    with_outcome = typed.records.lazy().with_columns(_outcome_class(contract).alias(OUTCOME))
    return replace(typed, records=reduce(_with_derived, contract.derived, with_outcome).collect())


def parse_columns(raw: pl.DataFrame, contract: Contract) -> Typed:
    """The texts `raw` as typed columns.

    Columns marked leak or identity are read leniently, and only where something needs them: their form can
    cost no record.
    """
    columns = _read_columns(contract)
    typed = Typed(_seen(raw, columns), {}, {})
    for column in columns:
        places = typed.records[column.name].is_null().arg_true()
        texts = raw[column.source].gather(places)
        is_open = texts.to_frame().select(~is_missing(pl.col(column.source), column)).to_series()
        if is_open.any():
            typed = _read_again(typed, column, texts.filter(is_open), places.filter(is_open))
    return reduce(_within_range, columns, typed)


def _read_columns(contract: Contract) -> list[Column]:
    """The columns whose values are used, if only to judge a record: not every identity and leak is."""
    derived_from = {name for derived in contract.derived for name in columns_of(derived.sql)}
    numbers = ("number", "money", "year", "duration", "items")

    def used(column: Column) -> bool:
        if column.required or column.name in derived_from:
            return True
        measured = column.role is Role.LEAK and column.parse in numbers
        return measured or column.role not in (Role.LEAK, Role.IDENTITY)

    return [c for c in contract.columns if used(c)]


def _seen(raw: pl.DataFrame, columns: list[Column]) -> pl.DataFrame:
    """Each column as first sight has it, null where the text may mean a value all the same."""
    texts = raw.lazy().select(pl.col("^row$"), *(pl.col(c.source).alias(TEXT + c.name) for c in columns))
    # Steps of their own: within one step polars would read each text twice, for the test and for the value.
    read = texts.with_columns(at_first_sight(pl.col(TEXT + c.name), c).alias(c.name) for c in columns)
    return read.select(pl.col("^row$"), *(settled(pl.col(c.name), c) for c in columns)).collect()


def _read_again(typed: Typed, column: Column, texts: pl.Series, places: pl.Series) -> Typed:
    """`typed` with the `texts` at `places` read in full; what has no reading even so is noted."""
    read = texts.to_frame().select(
        typed_column(column).alias("value"), known_text(column).is_not_null().alias("known")
    )
    lost = places.filter(read["known"] & read["value"].is_null())
    if read["value"].null_count() < len(places):
        values = typed.records[column.name].scatter(places, read["value"])
        typed = replace(typed, records=typed.records.with_columns(values))
    if not _is_checked(column) or lost.is_empty():
        return typed
    if column.parse == "category" and column.unknown == "missing":
        return replace(typed, mended=typed.mended | {column.name: len(lost)})
    return replace(typed, unreadable=typed.unreadable | {column.name: lost})


def _within_range(typed: Typed, column: Column) -> Typed:
    if column.outside == "quarantine" or not _is_checked(column):
        return typed
    within = typed.records.select(within_range(column).alias(column.name)).to_series()
    outside = within.null_count() - typed.records[column.name].null_count()
    return replace(
        typed, records=typed.records.with_columns(within), mended=typed.mended | {column.name: outside}
    )


def _is_checked(column: Column) -> bool:
    return column.role not in (Role.LEAK, Role.IDENTITY)


def _outcome_class(contract: Contract) -> pl.Expr:
    """The class number of each record's outcome text, null where the text names no class."""
    texts = {text: i for i, texts in enumerate(contract.outcome.classes.values()) for text in texts}
    return pl.col(contract.outcome.column).replace_strict(texts, default=None, return_dtype=pl.Int64)


def _with_derived(records: pl.LazyFrame, derived: Derived) -> pl.LazyFrame:
    value = pl.sql_expr(derived.sql)
    if derived.levels is None:
        value = value.cast(pl.Float64)
        value = pl.when(value.is_finite()).then(value)
    return records.with_columns(value.alias(derived.name))
