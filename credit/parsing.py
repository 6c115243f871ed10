"""Reads the texts of one column into typed values by the contract's rule; nothing is judged here but form."""

from __future__ import annotations

import polars as pl

from credit.fields import FIRST_YEAR, Column
from credit.numerals import CURRENCIES, grouped, grouping

NUMBERS = ("number", "money")
SPELLS_NUMBERS = frozenset("0123456789+-.eEinfatyINFATY")
DURATION = r"(?i)^(?:([0-9]+)\s*years?)?(?:\s*(?:and|,)?\s*([0-9]+)\s*months?)?$"


def typed_column(column: Column) -> pl.Expr:
    """The typed values of `column`, from the texts under its source name."""
    value = _read(known_text(column), column)
    return finite(value) if column.parse in NUMBERS else value


def known_text(column: Column) -> pl.Expr:
    """The trimmed text of `column` in its source, null where it means: not known."""
    return _known(pl.col(column.source), column)


def at_first_sight(text: pl.Expr, column: Column) -> pl.Expr:
    """What most of the texts of `column` mean, read in few steps and without trimming, to be `settled`."""
    point = column.decimal == "."
    if column.parse == "number" and point and not SPELLS_NUMBERS.intersection(column.strip):
        return _unless_missing(text.cast(pl.Float64, strict=False), text, column)
    if column.parse == "money" and point and not column.missing:
        return _number(text.str.strip_chars(f"{CURRENCIES} "), column)
    if column.parse == "year":
        year = pl.when(text.str.len_bytes() == 4).then(text).cast(pl.Int64, strict=False)
        return _unless_missing(pl.when(year >= 1000).then(year), text, column)
    if column.parse == "category":
        missing = {"", *column.missing}
        return _level(text, {t: level for t, level in _book(column).items() if t not in missing}, column)
    if column.parse == "date" and not column.missing:
        return _day(text, column)
    if column.parse == "text" and not column.aliases:
        return text.str.strip_chars()
    return _read(_known(text, column), column)


def settled(value: pl.Expr, column: Column) -> pl.Expr:
    """`value`, of `at_first_sight`, where it is what `typed_column` gives; null, which tells nothing, elsewhere."""
    if column.parse in NUMBERS:
        return finite(value)
    if column.parse == "date" and "%y" in column.format:
        return pl.when(value.dt.year() <= column.pivot).then(value)
    if column.parse == "text":
        return pl.when(~is_missing(value, column)).then(value)
    return value


def is_missing(text: pl.Expr, column: Column) -> pl.Expr:
    """Whether an untrimmed text is one of those that mean: not known."""
    return text.is_in(["", *column.missing]) if column.missing else text == ""


def within_range(column: Column) -> pl.Expr:
    """The typed values of `column` that lie in its range, null for the others."""
    low, high = column.range or (None, None)
    value, holds = pl.col(column.name), pl.lit(True)
    if low is not None:
        holds = holds & (value >= low)
    if high is not None:
        holds = holds & (value <= high)
    return pl.when(holds).then(value)


def finite(number: pl.Expr) -> pl.Expr:
    """`number`, null where it is infinite or no number."""
    return pl.when(number.is_finite()).then(number)


def _known(text: pl.Expr, column: Column) -> pl.Expr:
    trimmed = text.str.strip_chars()
    return pl.when(~is_missing(trimmed, column)).then(trimmed)


def _unless_missing(value: pl.Expr, text: pl.Expr, column: Column) -> pl.Expr:
    return pl.when(~is_missing(text, column)).then(value) if column.missing else value


def _read(text: pl.Expr, column: Column) -> pl.Expr:
    if column.parse == "number":
        for character in column.strip:
            text = text.str.replace_all(character, "", literal=True)
        return _number(text, column)
    if column.parse == "money":
        plain = text.str.replace_all(rf"[{CURRENCIES}\s]", "").str.replace(r"^\((.*)\)$", "-$1")
        return _number(plain, column)
    if column.parse == "year":
        return text.str.extract(r"^([0-9]{4})[A-Za-z]?$").cast(pl.Int64)
    if column.parse == "date":
        return _date(text, column)
    if column.parse == "duration":
        return _duration(text)
    if column.parse == "items":
        return _items(text)
    if column.parse == "category":
        return _level(text, _book(column), column)
    return text.replace(column.aliases) if column.aliases else text


def _number(text: pl.Expr, column: Column) -> pl.Expr:
    """The number that `text` spells, null where its thousands are not grouped as they should be."""
    if column.parse == "money" or column.decimal == ",":
        mark = grouping(column)
        told = ~text.str.contains(mark, literal=True) | text.str.contains(grouped(column))
        text = pl.when(told).then(text.str.replace_all(mark, "", literal=True))
    if column.decimal == ",":
        text = text.str.replace(",", ".", literal=True)
    return text.cast(pl.Float64, strict=False)


def _level(text: pl.Expr, book: dict[str, str], column: Column) -> pl.Expr:
    """The level that `book` has for each text, null where it has none; its type is the column's book of levels."""
    levels = pl.Enum(list(column.levels or ()))
    found = text.cast(pl.Enum(list(book)), strict=False)
    if list(book) == levels.categories.to_list():
        return found
    return pl.lit(pl.Series(list(book.values()), dtype=levels)).gather(found.to_physical())


def _book(column: Column) -> dict[str, str]:
    """Text -> level, of levels and aliases."""
    levels = {level: level for level in column.levels or {}}
    return {text: level for text, level in (levels | column.aliases).items() if level in levels}


def _day(text: pl.Expr, column: Column) -> pl.Expr:
    date = text.str.to_date(column.format, strict=False)
    return pl.when(date >= pl.date(FIRST_YEAR, 1, 1)).then(date)


def _date(text: pl.Expr, column: Column) -> pl.Expr:
    date = _day(text, column)
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
