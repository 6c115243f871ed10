"""The subset of SQL that derived columns are written in: polars runs it over a file, Python over one applicant."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
        _TREES[sql] = _parse(sql)
    return _TREES[sql]


def _parse(sql: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return _plain(sqlglot.parse_one(sql))
    except SqlglotError as error:
        raise ValueError(f"{sql!r} is not a SQL expression: {str(error).splitlines()[0]}") from error


def _plain(node: Any) -> Any:
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return _plain(node.this)
    if isinstance(node, exp.Column):
        return ["column", node.name]
    if isinstance(node, exp.Literal):
        return node.this if node.is_string else float(node.this)
    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Case):
        arms = [[_plain(arm.this), _plain(arm.args["true"])] for arm in node.args["ifs"]]
        return ["case", arms, _plain(node.args["default"]) if node.args.get("default") else None]
    if isinstance(node, exp.Substring):
        return ["substr", *(_plain(node.args[k]) for k in ("this", "start", "length"))]
    if isinstance(node, exp.In):
        return ["in", _plain(node.this), *(_plain(e) for e in node.expressions)]
    if isinstance(node, exp.Is):
        return ["is_null", _plain(node.this)]
    if isinstance(node, exp.Coalesce | exp.Greatest | exp.Least):
        return [type(node).__name__.lower(), _plain(node.this), *(_plain(e) for e in node.expressions)]
    name = _OPERATORS.get(type(node).__name__)
    if name is None:
        raise ValueError(f"{node.sql()!r} is outside the subset of SQL that the service can compute")
    parts = [node.this, *([node.expression] if node.args.get("expression") is not None else [])]
    return [name, *(_plain(p) for p in parts)]


_OPERATORS = {
    "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Neg": "neg", "EQ": "=", "NEQ": "<>", "GT": ">", "GTE": ">=",
    "LT": "<", "LTE": "<=", "And": "and", "Or": "or", "Not": "not", "Nullif": "nullif", "Abs": "abs", "Ln": "ln",
    "Sqrt": "sqrt", "Floor": "floor", "Upper": "upper", "Length": "length",
}  # fmt: skip


def _columns(tree: Any) -> list[str]:
    if not isinstance(tree, list):
        return []
    if tree[:1] == ["column"]:
        return [tree[1]]
    return [name for part in tree for name in _columns(part)]


def _divide(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 else math.copysign(math.inf, a)
    return a / b


def _logarithm(a: float) -> float:
    return math.log(a) if a > 0 else (-math.inf if a == 0 else math.nan)


STRICT: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "neg": lambda a: -a,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "not": lambda a: not a,
    "nullif": lambda a, b: None if a == b else a,
    "abs": abs,
    "ln": _logarithm,
    "sqrt": lambda a: math.sqrt(a) if a >= 0 else math.nan,
    "floor": math.floor,
    "upper": lambda a: a.upper(),
    "length": len,
    "substr": lambda a, start, length: a[int(start) - 1 : int(start) - 1 + int(length)],
}


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


LENIENT: dict[str, Callable[[Sequence[Value]], Value]] = {
    "and": _and,
    "or": _or,
    "is_null": lambda values: values[0] is None,
    "in": lambda values: None if values[0] is None else values[0] in values[1:],
    "coalesce": lambda values: next(iter(_present(values)), None),
    "greatest": lambda values: max(_present(values), default=None),
    "least": lambda values: min(_present(values), default=None),
}
