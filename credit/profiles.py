"""What a column's texts look like: the parse rule that reads them, its range or book, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import polars as pl

from credit.fields import Column
from credit.parsing import typed_column
from credit.ranges import written

MOSTLY = 0.98
"""share of the known texts that a parse rule must read to be proposed"""
SAMPLE, FAR = 5000, 0.1
"""a rule that reads this much less than `MOSTLY` of so many texts is not tried on the rest"""
MOST_LEVELS = 60
MOST_YEARS = 80
JUMP = 8.0
"""times a value may exceed the one before it, of the outer quantiles, and still be plausible"""
FURTHEST = 1000.0
MARKERS = (
    "NA",
    "N/A",
    "NULL",
    "None",
    "null",
    "none",
    "nan",
    "NaN",
    "?",
    "-",
    "_",
    "XNA",
    "#N/A",
    "n/a",
    "unknown",
)
DAYS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d %B %Y",
)
# As a typed column of Parquet or of a database writes a time, and as ISO 8601 does.
TIMES = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.fZ")
DATES = (*DAYS, *TIMES)
NUMERIC = ("number", "money", "year", "duration", "items")
_JUNK = re.compile(r"[!@#$%^&*_~]{2,}|^[!@#$%^&*].*[!@#$%^&*].*[!@#$%^&*]")
_LABEL = re.compile(r"[^0-9a-z]+")


@dataclass
class Profile:
    """A source column: how it is read, how many records know it, how many values differ."""

    source: str
    name: str
    rule: dict[str, Any]
    rows: int
    known: int
    distinct: int
    values: pl.Series
    """typed, missing where not known or not readable"""
    notes: list[str] = field(default_factory=list)
    apart: str = ""
    """which values the range leaves out, where it does"""

    @property
    def parse(self) -> str:
        return self.rule["parse"]

    @property
    def commonest(self) -> float:
        """Share of the records that have the most frequent value."""
        counts = self.values.drop_nulls().value_counts(sort=True)
        return float(counts["count"][0]) / self.rows if counts.height else 0.0

    @property
    def unique(self) -> bool:
        """Whether every record has a value of its own."""
        return self.known == self.rows and self.distinct == self.rows


def profile(texts: pl.Series, name: str) -> Profile:
    """The profile of one column's texts; `name` is its name in the contract."""
    trimmed = texts.str.strip_chars()
    missing = _missing(trimmed)
    known = trimmed.filter(~trimmed.is_in(["", *missing]).fill_null(True))
    rule: dict[str, Any] = {"missing": missing} if missing else {}
    distinct = known.n_unique() if len(known) else 0
    found = (
        _numeric(texts, name, rule, known, distinct) or _dated(texts, rule, known) or _levels(known, distinct)
    )
    rule |= found or {"parse": "text"}
    values = _typed(texts, rule)
    made = Profile(texts.name, name, rule, len(texts), len(known), distinct, values)
    if rule["parse"] in NUMERIC:
        _bound(made)
    if missing:
        made.notes.append(f"{', '.join(missing)} taken as not known")
    if "decimal" in rule:
        made.notes.append("a comma parts the fraction")
    return made


def names_for(sources: list[str]) -> list[str]:
    """A contract's name for each source column: lower case, words joined by underscores, each its own."""
    made: list[str] = []
    for source in sources:
        plain = _LABEL.sub("_", source.lower()).strip("_") or "column"
        plain = f"c_{plain}" if not plain[0].isalpha() else plain
        plain = f"{plain}_column" if plain in ("outcome", "row", "part") else plain
        made.append(free_name(plain, made, "_"))
    return made


def free_name(name: str, taken: Sequence[str], mark: str) -> str:
    """`name`, or where it is taken the first of its numbered ones, parted by `mark`, that is not."""
    numbered = (f"{name}{mark}{number}" for number in count(len(taken)))
    return name if name not in taken else next(n for n in numbered if n not in taken)


def _missing(texts: pl.Series) -> list[str]:
    counts = texts.drop_nulls().value_counts(sort=True).head(5000)
    share = 0.001 * len(texts)
    return [
        text
        for text, count in counts.iter_rows()
        if text in MARKERS
        or (count > share and _JUNK.search(text) and not text.strip("_").isalpha() and text)
    ]


def _numeric(
    texts: pl.Series, name: str, rule: dict, known: pl.Series, distinct: int
) -> dict[str, Any] | None:
    if not len(known):
        return None
    years = known.str.contains(r"^(19|20)\d\d[A-Za-z]?$").mean()
    if (
        isinstance(years, float)
        and years >= MOSTLY
        and (distinct <= MOST_YEARS or re.search("year|fy|yr", name))
    ):
        return {"parse": "year"}
    tries: list[dict[str, Any]] = [{"parse": "number"}, {"parse": "number", "strip": "_"}, {"parse": "money"}]
    if known.str.contains(",", literal=True).any():
        tries += [{"parse": "number", "decimal": ","}, {"parse": "money", "decimal": ","}]
    if known.str.contains(r"(?i)\d+\s*(year|month)").any():
        tries.append({"parse": "duration"})
    some = known.sample(min(SAMPLE, len(known)), seed=0)
    best, most = None, MOSTLY
    for tried in tries:
        if most == 1.0:
            break
        if _read_share(some, rule | tried, len(some)) < MOSTLY - FAR:
            continue
        share = round(_read_share(texts, rule | tried, len(known)), 6)
        if share > most or (best is None and share >= most):
            best, most = tried, share
    return best


def _dated(texts: pl.Series, rule: dict, known: pl.Series) -> dict[str, Any] | None:
    head = known.head(2000)
    if not len(head) or not head.str.contains(r"\d").all():
        return None
    for form in DATES:
        tried = {"parse": "date", "format": form}
        if (
            _read_share(head, tried, len(head)) >= MOSTLY
            and _read_share(texts, rule | tried, len(known)) >= MOSTLY
        ):
            return tried
    return None


def _levels(known: pl.Series, distinct: int) -> dict[str, Any] | None:
    if not 0 < distinct <= min(MOST_LEVELS, max(2, len(known) // 5)):
        return None
    return {"parse": "category", "levels": sorted(known.unique().to_list())}


def _typed(texts: pl.Series, rule: dict[str, Any]) -> pl.Series:
    column = Column.model_validate({"name": "c", "source": texts.name or "c", **rule})
    return texts.rename(texts.name or "c").to_frame().select(typed_column(column).alias("c")).to_series()


def _read_share(texts: pl.Series, rule: dict[str, Any], known: int) -> float:
    values = _typed(texts, rule)
    return (len(values) - values.null_count()) / known if known else 0.0


def _bound(made: Profile) -> None:
    """A range that the plausible values of the file fit, a log scale for long tails, and an example."""
    values = made.values.drop_nulls().cast(pl.Float64)
    if not len(values):
        return
    if made.parse == "year":
        made.rule["range"] = [int(_quantile(values, 0)) - 5, int(_quantile(values, 1)) + 10]
        return
    low, high = _plausible(values)
    beyond = int(((values < low) | (values > high)).sum())
    if beyond:
        made.apart = (
            f"{beyond:,} values below {written(low)} or above {written(high)} stand apart: taken as not known"
        )
        made.rule["outside"] = "missing"
    made.rule["range"] = [0 if low >= 0 else -_above(-low if beyond else -2 * low), _above(2 * max(high, 1))]
    median = _quantile(values, 0.5)
    if (
        low >= 0
        and median > 0
        and _quantile(values.filter(values <= high), 0.995) > 5 * median
        and made.distinct > 100
    ):
        made.rule["log"] = True
    made.rule["example"] = float(f"{median:.3g}")


def _plausible(values: pl.Series) -> tuple[float, float]:
    """The lowest and highest value, or the quantiles beyond which values jump: sentinels and slips of the pen."""
    low, high = _quantile(values, 0.05), _quantile(values, 0.95)
    size = max(abs(low), abs(high), 1.0)
    bottom = _reach(
        [_quantile(values, q) for q in (0.02, 0.01, 0.005, 0.001)], _quantile(values, 0), low, size
    )
    top = _reach([_quantile(values, q) for q in (0.98, 0.99, 0.995, 0.999)], _quantile(values, 1), high, size)
    return bottom, top


def _reach(steps: list[float], last: float, start: float, size: float) -> float:
    """How far `steps` lead from `start` before one jumps; `last`, the very end, may lie further out."""
    for step in steps:
        if abs(step) > JUMP * max(size, abs(start)):
            return start
        start = step
    return last if abs(last) <= FURTHEST * max(size, abs(start)) else start


def _quantile(values: pl.Series, share: float) -> float:
    return float(values.quantile(share) or 0.0)


def _above(value: float) -> float:
    """The next round number at or above a positive value."""
    size = 10.0 ** math.floor(math.log10(value))
    rounded = math.ceil(value / size) * size
    return int(rounded) if rounded >= 1 else rounded
