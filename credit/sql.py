"""The subset of SQL that derived columns and rules are written in, read into plain nested lists."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

_OPERATORS = {
    "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Neg": "neg", "EQ": "=", "NEQ": "<>", "GT": ">", "GTE": ">=",
    "LT": "<", "LTE": "<=", "And": "and", "Or": "or", "Not": "not", "Nullif": "nullif", "Abs": "abs", "Ln": "ln",
    "Sqrt": "sqrt", "Floor": "floor", "Upper": "upper", "Length": "length", "Coalesce": "coalesce",
    "Greatest": "greatest", "Least": "least",
}  # fmt: skip
# What stands beside a node's operands; all else (a subquery, SYMMETRIC, a number of digits) has a meaning of its own.
_SILENT = {"typed", "safe", "ignore_nulls", "is_nvl", "is_null"}


def tree_of(sql: str) -> Any:
    """`sql` as nested lists, `["/", ["column", "a"], 2.0]`. Raises ValueError naming the part outside the subset."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return _plain(sqlglot.parse_one(sql))
    except SqlglotError as error:
        raise ValueError(f"{sql!r} is not a SQL expression: {str(error).splitlines()[0]}") from error


def _plain(node: Expr) -> Any:
    special = _SPECIAL.get(type(node).__name__)
    if special is not None:
        return special(node)
    if type(node).__name__ not in _OPERATORS:
        raise _outside(node)
    return [_OPERATORS[type(node).__name__], *_operands(node)]


def _operands(node: Expr) -> list[Any]:
    given = _only(node, "this", "expression", "expressions", *_SILENT)
    return [
        _plain(part)
        for part in (given["this"], given.get("expression"), *given.get("expressions", ()))
        if part
    ]


def _only(node: Expr, *names: str) -> dict[str, Any]:
    """What is given of a node. Raises ValueError where it has other parts than these."""
    given = {name: part for name, part in node.args.items() if part}
    if not set(given) <= set(names):
        raise _outside(node)
    return given


def _outside(node: Expr) -> ValueError:
    return ValueError(f"{node.sql()!r} is outside the subset of SQL that the service can compute")


def _column(node: Expr) -> Any:
    _only(node, "this")
    return ["column", node.name]


def _literal(node: Expr) -> str | float:
    if node.is_string:
        return node.name
    if not math.isfinite(number := float(node.name)):
        raise _outside(node)
    return number


def _case(node: Expr) -> Any:
    given = _only(node, "this", "ifs", "default")
    asked = _plain(given["this"]) if "this" in given else None
    arms = []
    for arm in given["ifs"]:
        when = _plain(arm.this)
        arms.append([["=", asked, when] if "this" in given else when, _plain(arm.args["true"])])
    return ["case", arms, _plain(given["default"]) if "default" in given else None]


def _is(node: Expr) -> Any:
    said = node.expression.sql().lower()
    if said not in ("null", "true", "false"):
        raise _outside(node)
    return [f"is_{said}", _plain(node.this)]


def _between(node: Expr) -> Any:
    _only(node, "this", "low", "high")
    value, low, high = (_plain(node.args[part]) for part in ("this", "low", "high"))
    return ["and", [">=", value, low], ["<=", value, high]]


def _in(node: Expr) -> Any:
    options = _only(node, "this", "expressions").get("expressions")
    if not options:
        raise _outside(node)
    return ["in", _plain(node.this), *map(_plain, options)]


def _substring(node: Expr) -> Any:
    given = _only(node, "this", "start", "length")
    return ["substr", *(_plain(given[part]) for part in ("this", "start", "length") if part in given)]


_SPECIAL: dict[str, Any] = {
    "Paren": lambda node: _plain(node.this),
    "Null": lambda _: None,
    "Column": _column,
    "Literal": _literal,
    "Case": _case,
    "Is": _is,
    "Between": _between,
    "In": _in,
    "Substring": _substring,
}
