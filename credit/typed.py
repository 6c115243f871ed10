"""Records as typed columns: a contract's texts read, its derived columns computed, nothing refused yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import polars as pl

from credit.contract import Contract
from credit.expressions import columns_of
from credit.features import OUTCOME, PLACE, ROW
from credit.fields import Column, Derived, Role
from credit.file_expressions import as_read, over_columns
from credit.parsing import at_first_sight, is_missing, known_text, settled, typed_column, within_range

TEXT = "__text__"
SAMPLE = 1000
"""texts that tell whether a column's repeat themselves"""


@dataclass(frozen=True)
class Reading:
    """The typed `values` of a column's texts, and the places of those `lost`: known texts without a reading."""

    values: pl.Series
    lost: pl.Series


@dataclass(frozen=True)
class Typed:
    """`records`: typed columns under the contract's names, beside `row` where the texts had PLACE.

    `unreadable` has by column the positions of records whose text has no reading; `mended` counts by column
    the texts outside the book, and numbers outside the range, that were taken as missing.
    """

    records: pl.DataFrame
    unreadable: dict[str, pl.Series]
    mended: dict[str, int]


def typed_records(raw: pl.DataFrame, contract: Contract) -> Typed:
    """The texts `raw` parsed and derived, with the outcome's class number."""
    typed = parse_columns(raw, contract)
    told = as_read(typed.records.lazy()).with_columns(_outcome_class(contract).alias(OUTCOME))
    derived = reduce(_with_derived, contract.derived, told)
    made = derived.select(OUTCOME, *(d.name for d in contract.derived)).collect()
    return replace(typed, records=typed.records.hstack(made))


def parse_columns(raw: pl.DataFrame, contract: Contract) -> Typed:
    """The texts `raw` as typed columns.

    Columns marked leak or identity are read leniently, and only where something needs them: their form can
    cost no record.
    """
    columns = _read_columns(contract)
    once = {c.name: _read_once(raw[c.source], c) for c in columns if _repeats(raw[c.source], c)}
    found = once | _read(raw, [c for c in columns if c.name not in once])
    place = [pl.col(PLACE).alias(ROW)] if PLACE in raw.columns else []
    records = raw.select(*place, *(found[c.name].values for c in columns))
    lost = {c.name: found[c.name].lost for c in columns if _is_checked(c) and len(found[c.name].lost)}
    lenient = {c.name for c in columns if c.parse == "category" and c.unknown == "missing"}
    typed = Typed(
        records,
        unreadable={name: places for name, places in lost.items() if name not in lenient},
        mended={name: len(places) for name, places in lost.items() if name in lenient},
    )
    return reduce(_within_range, columns, typed)


def _read_columns(contract: Contract) -> list[Column]:
    """The columns whose values are used, if only to judge a record: not every identity and leak is."""
    derived_from = {name for derived in contract.derived for name in columns_of(derived.sql)}
    numbers = ("number", "money", "year", "duration", "items")

    def used(column: Column) -> bool:
        if column.required or column.unique or column.name in derived_from:
            return True
        measured = column.role is Role.LEAK and column.parse in numbers
        return measured or column.role not in (Role.LEAK, Role.IDENTITY)

    return [c for c in contract.columns if used(c)]


def _read(raw: pl.DataFrame, columns: list[Column]) -> dict[str, Reading]:
    """The texts of each column read: most at first sight, in full where that tells nothing."""
    seen = _seen(raw, columns)
    return {c.name: _completed(seen[c.name], raw[c.source], c) for c in columns}


def _seen(raw: pl.DataFrame, columns: list[Column]) -> pl.DataFrame:
    """Each column as first sight has it, null where the text may mean a value all the same."""
    texts = raw.lazy().select(pl.col(c.source).alias(TEXT + c.name) for c in columns)
    # Steps of their own: within one step polars would read each text twice, for the test and for the value.
    read = texts.with_columns(at_first_sight(pl.col(TEXT + c.name), c).alias(c.name) for c in columns)
    return read.select(settled(pl.col(c.name), c) for c in columns).collect()


def _completed(seen: pl.Series, texts: pl.Series, column: Column) -> Reading:
    """`seen` with the `texts` at its nulls read in full."""
    places = seen.is_null().arg_true()
    unread = texts.gather(places)
    is_open = unread.to_frame().select(~is_missing(pl.col(column.source), column)).to_series()
    places, unread = places.filter(is_open), unread.filter(is_open)
    if places.is_empty():
        return Reading(seen, places)
    read = unread.to_frame().select(
        typed_column(column).alias("value"), known_text(column).is_not_null().alias("known")
    )
    lost = places.filter(read["known"] & read["value"].is_null())
    if read["value"].null_count() < len(places):
        seen = seen.scatter(places, read["value"])
    return Reading(seen, lost)


def _repeats(texts: pl.Series, column: Column) -> bool:
    """Whether each different text is read only once: it pays where reading takes steps, and a sample repeats itself."""
    return column.parse in ("money", "duration", "items") and texts.head(SAMPLE).n_unique() <= SAMPLE / 2


def _read_once(texts: pl.Series, column: Column) -> Reading:
    """The different `texts` read, each as often as it stands there."""
    different = pl.Categories.random()
    coded = texts.cast(pl.Categorical(different))
    once = _read(different.to_series().to_frame(column.source), [column])[column.name]
    codes = coded.to_physical()
    return Reading(once.values.gather(codes), codes.is_in(once.lost.implode()).arg_true())


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
    classes = {text: i for i, texts in enumerate(contract.outcome.classes.values()) for text in texts}
    found = pl.col(contract.outcome.column)
    return pl.coalesce(*(pl.when(found == text).then(i) for text, i in classes.items())).cast(pl.Int64)


def _with_derived(records: pl.LazyFrame, derived: Derived) -> pl.LazyFrame:
    value = over_columns(derived.expression.tree)
    if derived.levels is None:
        value = value.cast(pl.Float64)
    return records.with_columns(value.alias(derived.name))
