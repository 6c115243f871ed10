"""The expressions of `credit.expressions` over a file's columns: the same trees and the same meaning, in polars."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import Any

import polars as pl
import polars.selectors as cs


def as_read(records: pl.LazyFrame) -> pl.LazyFrame:
    """`records` with categories as texts and whole numbers as numbers, which is what `over_columns` takes."""
    return records.with_columns(cs.enum().cast(pl.String), cs.integer().cast(pl.Float64))


def over_columns(tree: Any) -> pl.Expr:
    """The expression `tree`, whose kinds `credit.kinds` has checked, over columns `as_read`."""
    if not isinstance(tree, list):
        return pl.lit(tree)
    head, *parts = tree
    if head == "column":
        return pl.col(parts[0])
    if head == "case":
        return _case(*parts)
    if head == "in":
        return _in(*parts)
    return _FUNCTIONS[head](*map(over_columns, parts))


def _finite(value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_finite()).then(value)


def _case(arms: list[Any], default: Any) -> pl.Expr:
    chain: Any = pl
    for when, then in arms:
        chain = chain.when(over_columns(when)).then(over_columns(then))
    return chain.otherwise(over_columns(default))


def _in(value: Any, *options: Any) -> pl.Expr:
    found = over_columns(value)
    plain = [option for option in options if option is not None and not isinstance(option, list)]
    others = [
        found == over_columns(option) for option in options if option is None or isinstance(option, list)
    ]
    return reduce(or_, ([found.is_in(plain)] if plain else []) + others)


def _upper(text: pl.Expr) -> pl.Expr:
    """In Python's capitals: a later Unicode, as polars has it, knows some more."""

    def upper(texts: pl.Series) -> pl.Series:
        different = texts.unique().drop_nulls()
        capitals = [text.upper() for text in different]
        return texts.replace_strict(different, capitals, default=None, return_dtype=pl.String)

    return text.map_batches(upper, return_dtype=pl.String, is_elementwise=True)


def _substring(text: pl.Expr, start: pl.Expr, length: pl.Expr | None = None) -> pl.Expr:
    return text.str.slice((start - 1).cast(pl.Int64), None if length is None else length.cast(pl.Int64))


_FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "+": lambda a, b: _finite(a + b),
    "-": lambda a, b: _finite(a - b),
    "*": lambda a, b: _finite(a * b),
    "/": lambda a, b: _finite(a / b),
    "neg": lambda a: -a,
    "=": eq,
    "<>": ne,
    ">": gt,
    ">=": ge,
    "<": lt,
    "<=": le,
    "and": and_,
    "or": or_,
    "not": lambda a: ~a,
    "is_null": lambda a: a.is_null(),
    "is_true": lambda a: a.fill_null(False),
    "is_false": lambda a: (~a).fill_null(False),
    "nullif": lambda a, b: pl.when(a.ne_missing(b)).then(a),
    "abs": lambda a: a.abs(),
    "ln": lambda a: _finite(a.log()),
    "sqrt": lambda a: _finite(a.sqrt()),
    "floor": lambda a: a.floor(),
    "upper": _upper,
    "length": lambda a: a.str.len_chars().cast(pl.Float64),
    "substr": _substring,
    "coalesce": pl.coalesce,
    "greatest": pl.max_horizontal,
    "least": pl.min_horizontal,
}
