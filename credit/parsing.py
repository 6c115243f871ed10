"""Reads a source file's text into typed columns by the contract's rules; nothing is judged here but form."""

from __future__ import annotations

import polars as pl

from credit.contract import Column, Contract, Role

UNREADABLE = "__unreadable__"
MENDED = "__mended__"


def parse_columns(raw: pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    """`raw`'s texts as typed columns under the contract's names.

    Beside a column `c` stand `__unreadable__c` where its text has no reading, and `__mended__c` where a
    text outside the book was taken as missing. Columns marked leak or identity are read leniently: they
    are never used, so that their form can cost no record.
    """
    typed = [_typed(c).alias(c.name) for c in contract.columns]
    checked = [c for c in contract.columns if c.role not in (Role.LEAK, Role.IDENTITY)]
    return raw.with_columns(typed).with_columns(flag for c in checked for flag in _flags(c))


def outcome_class(contract: Contract) -> pl.Expr:
    """The class number of each record's outcome text, null where the text names no class."""
    texts = {text: i for i, texts in enumerate(contract.outcome.classes.values()) for text in texts}
    return pl.col(contract.outcome.column).replace_strict(texts, default=None, return_dtype=pl.Int64)


def _known(column: Column) -> pl.Expr:
    """The trimmed source text, null where it means: not known."""
    text = pl.col(column.source).str.strip_chars()
    return pl.when(text.is_in(["", *column.missing])).then(None).otherwise(text)


def _typed(column: Column) -> pl.Expr:
    text = _known(column)
    if column.parse == "number":
        return _number(text.str.replace_all(f"[{_escaped(column.strip)}]", "") if column.strip else text)
    if column.parse == "money":
        plain = text.str.replace_all(r"[$€£,\s]", "").str.replace(r"^\((.*)\)$", "-$1")
        return _number(plain)
    if column.parse == "year":
        return text.str.extract(r"^(\d{4})[A-Za-z]?$").cast(pl.Int64)
    if column.parse == "date":
        return _date(text, column)
    if column.parse == "category":
        level = text.replace(column.aliases) if column.aliases else text
        return pl.when(level.is_in(list(column.levels or {}))).then(level)
    return text.replace(column.aliases) if column.aliases else text


def _number(text: pl.Expr) -> pl.Expr:
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _date(text: pl.Expr, column: Column) -> pl.Expr:
    date = text.str.to_date(column.format, strict=False)
    if "%y" not in column.format:
        return date
    return pl.when(date.dt.year() > column.pivot).then(date.dt.offset_by("-100y")).otherwise(date)


def _flags(column: Column) -> list[pl.Expr]:
    lost = _known(column).is_not_null() & pl.col(column.name).is_null()
    if column.parse == "category" and column.unknown == "missing":
        return [lost.alias(MENDED + column.name)]
    return [lost.alias(UNREADABLE + column.name)]


def _escaped(characters: str) -> str:
    return "".join("\\" + c for c in characters)
