"""How numbers are spelt: one mark parts the fraction, the other may group thousands."""

from __future__ import annotations

from typing import Literal

from credit.fields import Column

CURRENCIES = "$€£"


def grouping(column: Column) -> Literal[",", "."]:
    """The mark that may group the thousands of `column`: the one that does not part its fraction."""
    return "," if column.decimal == "." else "."


def grouped(column: Column) -> str:
    """A pattern of the numbers that are grouped as they should be; `12,5` of a point's column is not, nor is `0,125`.

    Groups of two are those of lakhs and crores.
    """
    mark, fraction = grouping(column), column.decimal
    return rf"^[+-]?[1-9][0-9]{{0,2}}(?:[{mark}][0-9]{{2,3}})*[{mark}][0-9]{{3}}(?:[{fraction}][0-9]*)?$"
