"""A document of titled sections, written once and set as HTML and as PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Table:
    """A frame with a caption; figures are rounded to `digits`."""

    caption: str
    frame: pl.DataFrame
    digits: int = 4

    def rows(self) -> list[list[str]]:
        return [[cell(value, self.digits) for value in row] for row in self.frame.iter_rows()]

    def head(self) -> list[str]:
        return [name.replace("_", " ") for name in self.frame.columns]

    def is_number(self) -> list[bool]:
        """Which columns hold numbers, which are set flush right."""
        return [dtype.is_numeric() for dtype in self.frame.dtypes]

    def is_blank(self) -> list[bool]:
        """Which columns hold no word in any row: they are there to be written in."""
        rows = self.rows()
        return [bool(rows) and not any(row[i] for row in rows) for i in range(self.frame.width)]


@dataclass(frozen=True)
class Picture:
    """A PNG with a caption."""

    caption: str
    png: bytes


Block = Text | Table | Picture


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """`subtitle` stands below the title, `foot` at the foot of every page."""

    title: str
    subtitle: str
    foot: str
    sections: tuple[Section, ...]


def cell(value: Any, digits: int) -> str:
    """A value as a table shows it."""
    if value is None:
        return "undefined"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
