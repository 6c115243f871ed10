"""One text read by a column's rule: what `credit.parsing` does to a file, without polars."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from time import strptime

from credit.fields import FIRST_YEAR, Column
from credit.numerals import CURRENCIES, grouped, grouping

Typed = float | int | str | date | None
# Python's own list has four control characters more than the one polars strips by.
SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace() and c not in "\x1c\x1d\x1e\x1f")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GAP = f"[{SPACES}]*"
_DURATION = re.compile(
    rf"(?:([0-9]+){_GAP}years?)?(?:{_GAP}(?:and|,)?{_GAP}([0-9]+){_GAP}months?)?", re.IGNORECASE
)
_FRACTION = re.compile(r"\.\d+(?=Z?$)", re.ASCII)
LEAP_SECOND = 60
_LONE_DIGIT = re.compile(r"(?<!\d)(\d)(?!\d)", re.ASCII)
_YEAR = re.compile(r"(\d{4})[A-Za-z]?", re.ASCII)
_MONEY_MARKS = str.maketrans("", "", CURRENCIES + SPACES)


def text_reader(column: Column) -> Callable[[str], Typed]:
    """A function from `column`'s text to its typed value, None where the text means: not known.

    The function raises ValueError where the text has no reading and does not pass as missing.
    """
    read = _READERS[column.parse](column)
    missing = {"", *column.missing}

    def typed(text: str) -> Typed:
        known = text.strip(SPACES)
        return None if known in missing else read(known)

    return _within_range(column, typed) if column.outside == "missing" else typed


def _within_range(column: Column, typed: Callable[[str], Typed]) -> Callable[[str], Typed]:
    low, high = column.range or (None, None)
    low, high = -math.inf if low is None else low, math.inf if high is None else high

    def read(text: str) -> Typed:
        value = typed(text)
        return value if isinstance(value, int | float) and low <= value <= high else None

    return read


def _number(text: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError("is not a number")
    return value


def _number_reader(column: Column) -> Callable[[str], float]:
    marks = str.maketrans("", "", column.strip)
    pointed = _pointed_reader(column) if column.decimal == "," else str
    return lambda text: _number(pointed(text.translate(marks)))


def _money_reader(column: Column) -> Callable[[str], float]:
    pointed = _pointed_reader(column)

    def read(text: str) -> float:
        plain = text.translate(_MONEY_MARKS)
        bracketed = len(plain) > 1 and plain[0] == "(" and plain[-1] == ")"
        return _number(pointed("-" + plain[1:-1] if bracketed else plain))

    return read


def _pointed_reader(column: Column) -> Callable[[str], str]:
    """A number's text with a point for its fraction and its thousands not grouped, empty where they are ill grouped."""
    mark, told = grouping(column), re.compile(grouped(column))

    def read(text: str) -> str:
        if mark in text and not told.search(text):
            return ""
        plain = text.replace(mark, "")
        return plain.replace(",", ".", 1) if column.decimal == "," else plain

    return read


def _year_reader(_: Column) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (found := _YEAR.fullmatch(text)):
            raise ValueError("is not a year")
        return int(found[1])

    return read


def _duration_reader(_: Column) -> Callable[[str], float]:
    def read(text: str) -> float:
        if not (found := _DURATION.fullmatch(text)) or not any(found.groups()):
            raise ValueError("is not a duration like 2 years and 1 months")
        return float(int(found[1] or 0) * 12 + int(found[2] or 0))

    return read


def _items_reader(_: Column) -> Callable[[str], float]:
    return lambda text: float(len({item.strip(SPACES).removeprefix("and ") for item in text.split(",")}))


def _date_reader(column: Column) -> Callable[[str], date]:
    # `%.f` is polars' own: a fraction of the second, or nothing.
    form, fraction = column.format.replace("%.f", ""), "%.f" in column.format
    wrong = f"is not a date of the form {column.format}"

    def read(text: str) -> date:
        try:
            # Python wants both digits of %y, polars does not.
            padded = _LONE_DIGIT.sub(r"0\1", text) if "%y" in form else text
            found = strptime(_FRACTION.sub("", padded) if fraction else padded, form)
        except ValueError:
            raise ValueError(wrong) from None
        if found.tm_year < FIRST_YEAR or found.tm_sec > LEAP_SECOND:
            raise ValueError(wrong)
        day = date(*found[:3])
        return day.replace(year=day.year - 100) if "%y" in column.format and day.year > column.pivot else day

    return read


def _category_reader(column: Column) -> Callable[[str], str | None]:
    levels = dict.fromkeys(column.levels or {})

    def read(text: str) -> str | None:
        level = column.aliases.get(text, text)
        if level in levels:
            return level
        if column.unknown == "missing":
            return None
        raise ValueError(f"must be one of {', '.join(levels)}")

    return read


def _plain_reader(column: Column) -> Callable[[str], str]:
    return lambda text: column.aliases.get(text, text)


_READERS: dict[str, Callable[[Column], Callable[[str], Typed]]] = {
    "number": _number_reader,
    "money": _money_reader,
    "year": _year_reader,
    "date": _date_reader,
    "duration": _duration_reader,
    "items": _items_reader,
    "category": _category_reader,
    "text": _plain_reader,
}
