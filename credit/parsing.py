"""Reads a source file's text into typed columns by the contract's rules; nothing is judged here but form."""

from __future__ import annotations

import polars as pl

from credit.contract import Column, Contract, Role
from credit.expressions import columns_of

UNREADABLE = "__unreadable__"
MENDED = "__mended__"
TEXT = "__text__"
MONEY_MARKS = "$€£,"
DURATION = r"(?i)^(?:([0-9]+)\s*years?)?(?:\s*(?:and|,)?\s*([0-9]+)\s*months?)?$"


def parse_columns(raw: pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    """`raw`'s texts as typed columns under the contract's names.

    Beside a column `c` stand `__unreadable__c` where its text has no reading, and `__mended__c` where a
    text outside the book, or a number outside the range, was taken as missing. Columns marked leak or
    identity are read leniently, and only where something needs them: their form can cost no record.
    """
    columns = read_columns(contract)
    texts = raw.select(pl.col("^row$"), *(known_text(c).alias(TEXT + c.name) for c in columns))
    read = texts.with_columns(_read(pl.col(TEXT + c.name), c).alias(c.name) for c in columns)
    # A step of its own: within one step polars would read each text twice, for the test and for the value.
    typed = read.with_columns(_finite(pl.col(c.name)) for c in columns if c.parse in ("number", "money"))
    checked = [c for c in columns if c.role not in (Role.LEAK, Role.IDENTITY)]
    flagged = typed.with_columns(flag for c in checked for flag in _flags(c))
    mended = flagged.with_columns(within_range(c).alias(c.name) for c in checked if c.outside == "missing")
    return mended.drop(TEXT + c.name for c in columns)


def read_columns(contract: Contract) -> list[Column]:
    """The columns whose values are used, if only to judge a record: not every identity and leak is."""
    derived_from = {name for derived in contract.derived for name in columns_of(derived.sql)}
    numbers = ("number", "money", "year", "duration", "items")

    def used(column: Column) -> bool:
        if column.required or column.name in derived_from:
            return True
        measured = column.role is Role.LEAK and column.parse in numbers
        return measured or column.role not in (Role.LEAK, Role.IDENTITY)

    return [c for c in contract.columns if used(c)]


def outcome_class(contract: Contract) -> pl.Expr:
    """The class number of each record's outcome text, null where the text names no class."""
    texts = {text: i for i, texts in enumerate(contract.outcome.classes.values()) for text in texts}
    return pl.col(contract.outcome.column).replace_strict(texts, default=None, return_dtype=pl.Int64)


def typed_column(column: Column) -> pl.Expr:
    """The typed values of `column`, from the texts under its source name."""
    value = _read(known_text(column), column)
    return _finite(value) if column.parse in ("number", "money") else value


def known_text(column: Column) -> pl.Expr:
    """The trimmed text of `column` in its source, null where it means: not known."""
    text = pl.col(column.source).str.strip_chars()
    return pl.when(~text.is_in(["", *column.missing])).then(text)


def _read(text: pl.Expr, column: Column) -> pl.Expr:
    if column.parse == "number":
        for character in column.strip:
            text = text.str.replace_all(character, "", literal=True)
        return text.cast(pl.Float64, strict=False)
    if column.parse == "money":
        return text.map_batches(_money, return_dtype=pl.Float64, is_elementwise=True)
    if column.parse == "year":
        return text.str.extract(r"^(\d{4})[A-Za-z]?$").cast(pl.Int64)
    if column.parse == "date":
        return _date(text, column)
    if column.parse == "duration":
        return _duration(text)
    if column.parse == "items":
        return _items(text)
    if column.parse == "category":
        levels = {level: level for level in column.levels or {}}
        book = {text: level for text, level in (levels | column.aliases).items() if level in levels}
        return text.replace_strict(book, default=None, return_dtype=pl.String)
    return text.replace(column.aliases) if column.aliases else text


def within_range(column: Column) -> pl.Expr:
    """The typed values of `column` that lie in its range, null for the others."""
    low, high = column.range or (None, None)
    value, holds = pl.col(column.name), pl.lit(True)
    if low is not None:
        holds = holds & (value >= low)
    if high is not None:
        holds = holds & (value <= high)
    return pl.when(holds).then(value)


def _finite(number: pl.Expr) -> pl.Expr:
    return pl.when(number.is_finite()).then(number)


def _money(texts: pl.Series) -> pl.Series:
    """Amounts; the regular expressions see only the texts that the usual form does not read."""
    usual = (
        texts.str.strip_chars(MONEY_MARKS)
        .str.replace_all(",", "", literal=True)
        .cast(pl.Float64, strict=False)
    )
    hard = (usual.is_null() & texts.is_not_null()).arg_true()
    if hard.is_empty():
        return usual
    plain = texts.gather(hard).str.replace_all(rf"[{MONEY_MARKS}\s]", "").str.replace(r"^\((.*)\)$", "-$1")
    return usual.scatter(hard, plain.cast(pl.Float64, strict=False))


def _date(text: pl.Expr, column: Column) -> pl.Expr:
    date = text.str.to_date(column.format, strict=False)
    if "%y" not in column.format:
        return date
    return pl.when(date.dt.year() > column.pivot).then(date.dt.offset_by("-100y")).otherwise(date)


def _duration(text: pl.Expr) -> pl.Expr:
    """Months of texts like `22 Years and 1 Months`."""
    years, months = (text.str.extract(DURATION, group).cast(pl.Float64) for group in (1, 2))
    total = years.fill_null(0) * 12 + months.fill_null(0)
    return pl.when(years.is_not_null() | months.is_not_null()).then(total)


def _items(text: pl.Expr) -> pl.Expr:
    """Number of different items of texts like `A, B, and C`."""
    item = pl.element().str.strip_chars().str.replace("^and ", "")
    return text.str.split(",").list.eval(item).list.n_unique().cast(pl.Float64)


def _flags(column: Column) -> list[pl.Expr]:
    lost = pl.col(TEXT + column.name).is_not_null() & pl.col(column.name).is_null()
    if column.parse == "category" and column.unknown == "missing":
        return [lost.alias(MENDED + column.name)]
    flags = [lost.alias(UNREADABLE + column.name)]
    if column.outside == "missing":
        outside = pl.col(column.name).is_not_null() & within_range(column).is_null()
        flags.append(outside.alias(MENDED + column.name))
    return flags
