"""The kind of value that an expression gives: what makes sure that a file and the service compute it alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Kind = Literal["number", "text", "date", "truth"]
PARSED: Mapping[str, Kind] = {
    "number": "number",
    "money": "number",
    "year": "number",
    "duration": "number",
    "items": "number",
    "category": "text",
    "text": "text",
    "date": "date",
}
"""the kind of a raw column, by how it is read"""

_WANTED: dict[str, tuple[Kind, Kind]] = {
    **dict.fromkeys(("+", "-", "*", "/", "neg", "abs", "ln", "sqrt", "floor"), ("number", "number")),
    **dict.fromkeys(("greatest", "least"), ("number", "number")),
    **dict.fromkeys(("and", "or", "not", "is_true", "is_false"), ("truth", "truth")),
    **dict.fromkeys(("upper", "substr"), ("text", "text")),
    "length": ("text", "number"),
}
"""the kind of an operator's operands, and of what it gives"""
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


def kind_of(tree: Any, kinds: Mapping[str, Kind]) -> Kind:
    """The kind that the expression `tree` gives where `kinds` has those of the columns.

    Raises ValueError, naming the part, where an operand is of another kind than its operator takes.
    """
    kind = _kind(tree, kinds)
    if kind is None:
        raise ValueError("is always missing")
    return kind


def _kind(tree: Any, kinds: Mapping[str, Kind]) -> Kind | None:
    """None of NULL, which is of any kind."""
    if not isinstance(tree, list):
        return None if tree is None else "text" if isinstance(tree, str) else "number"
    head, *parts = tree
    if head == "column":
        return kinds[parts[0]]
    if head == "case":
        for when, _ in parts[0]:
            _want(when, "truth", "WHEN", kinds)
        return _alike([*(then for _, then in parts[0]), parts[1]], "CASE", kinds)
    if head == "is_null":
        _kind(parts[0], kinds)
        return "truth"
    if head in _COMPARISONS:
        _refuse_null(parts, head)
        _alike(parts, head, kinds)
        return "truth"
    if head == "in":
        _refuse_null(parts[:1], "IN")
        _alike(parts, "IN", kinds)
        return "truth"
    if head in ("coalesce", "nullif"):
        return _alike(parts, head.upper(), kinds)
    if head == "substr":
        _check_places(parts[1:])
        parts = parts[:1]
    wanted, given = _WANTED[head]
    for part in parts:
        _want(part, wanted, _SAID.get(head, head.upper()), kinds)
    return given


_SAID = {"neg": "-", "is_true": "IS TRUE", "is_false": "IS FALSE"}


def _want(part: Any, wanted: Kind, taker: str, kinds: Mapping[str, Kind]) -> None:
    if (kind := _kind(part, kinds)) != wanted:
        found = f"{_told(part)} is a {kind}" if kind else "NULL is none"
        raise ValueError(f"{taker} takes a {wanted}, and {found}")


def _alike(parts: Sequence[Any], taker: str, kinds: Mapping[str, Kind]) -> Kind | None:
    found: dict[Kind, Any] = {}
    for part in parts:
        if (kind := _kind(part, kinds)) is not None:
            found.setdefault(kind, part)
    if len(found) > 1:
        told = " and ".join(f"{_told(part)}, a {kind}" for kind, part in found.items())
        raise ValueError(f"{taker} takes values of one kind, not {told}")
    return next(iter(found), None)


def _refuse_null(parts: Sequence[Any], taker: str) -> None:
    if None in parts:
        raise ValueError(f"{taker} with NULL is always missing: write IS NULL")


def _check_places(places: Sequence[Any]) -> None:
    """A place before the text's start, or one that is computed, means something else to each database."""
    start, length = places[0], places[1] if len(places) > 1 else 0.0
    if not all(isinstance(place, float) and place == int(place) for place in (start, length)) or start < 1:
        raise ValueError("SUBSTR takes a start from 1 and a length as plain whole numbers")


def _told(tree: Any) -> str:
    if not isinstance(tree, list):
        return repr(tree) if isinstance(tree, str) else f"{tree:g}"
    return tree[1] if tree[0] == "column" else f"what {tree[0]} gives"
