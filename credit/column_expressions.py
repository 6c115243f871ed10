"""The expressions of `credit.expressions` over columns of many applicants: the same functions, called in one loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from credit.expressions import LENIENT, STRICT, Value

Columns = Mapping[str, list[Any]]
ColumnEvaluator = Callable[[Columns, int], list[Value]]


def compile_columns(tree: Any) -> ColumnEvaluator:
    """A function from columns of n values each to the n values of the expression `tree`."""
    if not isinstance(tree, list):
        return lambda columns, n: [tree] * n
    head, *rest = tree
    if head == "column":
        name = rest[0]
        return lambda columns, n: columns.get(name) or [None] * n
    if head == "case":
        return _case(rest)
    parts = [compile_columns(part) for part in rest]
    if head in LENIENT:
        lenient = LENIENT[head]
        return lambda columns, n: [lenient(v) for v in zip(*(p(columns, n) for p in parts), strict=True)]
    strict = STRICT[head]
    if len(parts) == 2:
        return _strict_binary(strict, *parts)
    return lambda columns, n: [
        None if None in values else strict(*values)
        for values in zip(*(p(columns, n) for p in parts), strict=True)
    ]


def _strict_binary(
    function: Callable[..., Value], left: ColumnEvaluator, right: ColumnEvaluator
) -> ColumnEvaluator:
    def evaluate(columns: Columns, n: int) -> list[Value]:
        pairs = zip(left(columns, n), right(columns, n), strict=True)
        return [None if a is None or b is None else function(a, b) for a, b in pairs]

    return evaluate


def _case(rest: list[Any]) -> ColumnEvaluator:
    arms = [(compile_columns(when), compile_columns(then)) for when, then in rest[0]]
    default = compile_columns(rest[1])

    def evaluate(columns: Columns, n: int) -> list[Value]:
        found = default(columns, n)
        for when, then in reversed(arms):
            pairs = zip(when(columns, n), then(columns, n), found, strict=True)
            found = [value if holds else otherwise for holds, value, otherwise in pairs]
        return found

    return evaluate
