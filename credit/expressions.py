"""Expressions of a contract, computed for one applicant; `credit.file_expressions` has them over a file's columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credit.sql import tree_of

Value = float | str | bool | None
Row = Mapping[str, Any]
Evaluator = Callable[[Row], Value]


@dataclass(frozen=True)
class Expression:
    """A parsed expression as plain nested lists, `["/", ["column", "a"], 2]`: what JSON can carry."""

    tree: Any

    @classmethod
    def parse(cls, sql: str) -> Expression:
        """Raises ValueError with the place where `sql` leaves the subset."""
        return cls(_parsed(sql))

    def compile(self) -> Evaluator:
        """A function from an applicant's values to this expression's value, with SQL's rules for missing."""
        return _compiled(self.tree)


def columns_of(sql: str) -> set[str]:
    """The columns an expression reads."""
    return set(_columns(_parsed(sql)))


def remember(trees: Mapping[str, Any]) -> None:
    """Take the trees of expressions parsed elsewhere, so that a serving image needs no SQL parser."""
    _TREES.update(trees)


_TREES: dict[str, Any] = {}


def _parsed(sql: str) -> Any:
    if sql not in _TREES:
        _TREES[sql] = tree_of(sql)
    return _TREES[sql]


def _columns(tree: Any) -> list[str]:
    if not isinstance(tree, list):
        return []
    if tree[:1] == ["column"]:
        return [tree[1]]
    return [name for part in tree for name in _columns(part)]


def _finite(value: float) -> float | None:
    """What has no finite value, as a division by nought, is missing."""
    value = float(value)
    return value if math.isfinite(value) else None


def _substring(text: str, start: float, length: float | None = None) -> str:
    rest = text[int(start) - 1 :]
    return rest if length is None else rest[: int(length)]


STRICT: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: _finite(a + b),
    "-": lambda a, b: _finite(a - b),
    "*": lambda a, b: _finite(a * b),
    "/": lambda a, b: None if b == 0 else _finite(a / b),
    "neg": lambda a: -a,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "not": lambda a: not a,
    "abs": abs,
    "ln": lambda a: math.log(a) if a > 0 else None,
    "sqrt": lambda a: math.sqrt(a) if a >= 0 else None,
    "floor": lambda a: float(math.floor(a)),
    "upper": lambda a: a.upper(),
    "length": len,
    "substr": _substring,
}
"""functions that give missing where an argument is missing"""


def _compiled(tree: Any) -> Evaluator:
    if not isinstance(tree, list):
        return lambda row: tree
    head, *rest = tree
    if head == "column":
        name = rest[0]
        return lambda row: row.get(name)
    if head == "case":
        return _case(rest)
    parts = [_compiled(part) for part in rest]
    if head in LENIENT:
        function = LENIENT[head]
        return lambda row: function([part(row) for part in parts])
    strict = STRICT[head]
    if len(parts) == 1:
        return _strict_unary(strict, parts[0])
    if len(parts) == 2:
        return _strict_binary(strict, *parts)
    return lambda row: None if None in (values := [p(row) for p in parts]) else strict(*values)


def _strict_unary(function: Callable[..., Value], part: Evaluator) -> Evaluator:
    return lambda row: None if (a := part(row)) is None else function(a)


def _strict_binary(function: Callable[..., Value], left: Evaluator, right: Evaluator) -> Evaluator:
    def evaluate(row: Row) -> Value:
        a, b = left(row), right(row)
        return None if a is None or b is None else function(a, b)

    return evaluate


def _case(rest: list[Any]) -> Evaluator:
    arms = [(_compiled(when), _compiled(then)) for when, then in rest[0]]
    default = _compiled(rest[1])

    def evaluate(row: Row) -> Value:
        for when, then in arms:
            if when(row):
                return then(row)
        return default(row)

    return evaluate


def _and(values: Sequence[Value]) -> Value:
    if any(v is not None and not v for v in values):
        return False
    return None if None in values else True


def _or(values: Sequence[Value]) -> Value:
    if any(values):
        return True
    return None if None in values else False


def _present(values: Sequence[Value]) -> list[Any]:
    return [v for v in values if v is not None]


def _in(values: Sequence[Value]) -> Value:
    value, *options = values
    if value is None:
        return None
    return True if value in options else None if None in options else False


LENIENT: dict[str, Callable[[Sequence[Value]], Value]] = {
    "and": _and,
    "or": _or,
    "is_null": lambda values: values[0] is None,
    "is_true": lambda values: values[0] is True,
    "is_false": lambda values: values[0] is False,
    "in": _in,
    "nullif": lambda values: None if values[0] == values[1] else values[0],
    "coalesce": lambda values: next(iter(_present(values)), None),
    "greatest": lambda values: max(_present(values), default=None),
    "least": lambda values: min(_present(values), default=None),
}
"""functions that see missing arguments"""
