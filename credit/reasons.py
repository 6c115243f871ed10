"""Why an applicant's risk is estimated as high as it is: the strongest reasons, in true sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from credit.contract import Column, Contract, Derived, Role
from credit.expressions import Expression

MOST = 4
# Below the noise between two ways to compute one contribution, so that ties fall in the contract's order.
_DIGITS = 7

SENTENCES = {
    "en": "{label} ({value}) raised the estimated risk.",
    "fr": "{label} ({value}) a augmenté le risque estimé.",
}
WORDS = {
    "en": {"unknown": "not known", 1: "yes", 0: "no"},
    "fr": {"unknown": "non renseigné", 1: "oui", 0: "non"},
}
MARKS = {"en": (",", "."), "fr": ("\u202f", ",")}


@dataclass(frozen=True, slots=True)
class Reason:
    """What raised the margin of the worst class, by how much, and the sentence that says so.

    Of a group of features the whole group's contribution and points, and the strongest feature's words.
    """

    code: str
    sentence: str
    contribution: float
    label: str
    value: float | str | None
    unit: str
    points: float = 0.0
    """what it adds to the score; below zero, as it raised the risk"""
    group: str = ""


class ReasonWriter:
    """Picks and words the reasons against an applicant, for a model that reads `features` in this order."""

    def __init__(self, contract: Contract, features: tuple[str, ...], most: int = MOST):
        fields = [contract.fields[f] for f in features]
        usable = [(i, f) for i, f in enumerate(fields) if f.role is Role.FEATURE]
        groups: dict[str, list[tuple[int, Column | Derived]]] = {}
        for i, field in usable:
            groups.setdefault(field.reason_group or f"\0{field.name}", []).append((i, field))
        self._groups = list(groups.values())
        self._say = {f.name: _sayer(f, contract.language) for f in fields}
        self._sentence = SENTENCES[contract.language]
        self._most = most

    def __call__(
        self, contributions: np.ndarray, values: Mapping[str, Any], worth: np.ndarray | None = None
    ) -> tuple[Reason, ...]:
        """At most four reasons, the strongest first.

        `contributions` of one applicant has shape (K, F + 1), as `Model.contributions` gives them;
        `values` are told as the applicant stated them, before winsorising; `worth` is each feature's
        points, shape (F,), of `Scoring.worth`. A group or feature that lowered the risk, or that is
        sensitive, is never a reason.
        """
        raised = toward_worst(contributions).tolist()
        points = [0.0] * len(raised) if worth is None else worth.tolist()
        weighed = []
        for n, group in enumerate(self._groups):
            total = raised[group[0][0]] if len(group) == 1 else sum(raised[i] for i, _ in group)
            if (strength := round(total, _DIGITS)) > 0:
                weighed.append((-strength, n, group))
        weighed.sort()
        return tuple(self._reason(group, raised, points, values) for _, _, group in weighed[: self._most])

    def _reason(
        self,
        group: list[tuple[int, Column | Derived]],
        raised: list[float],
        points: list[float],
        values: Mapping[str, Any],
    ) -> Reason:
        i, field = group[0]
        total, cost = raised[i], points[i]
        if len(group) > 1:
            field = min(group, key=lambda member: (-round(raised[member[0]], _DIGITS), member[0]))[1]
            total, cost = (sum(of[i] for i, _ in group) for of in (raised, points))
        value = values.get(field.name)
        sentence = self._sentence.format(label=field.title, value=self._say[field.name](value))
        return Reason(field.name, sentence, total, field.title, value, field.unit, cost, field.reason_group)


def toward_worst(contributions: np.ndarray) -> np.ndarray:
    """What each feature adds to the log odds of the worst (last) class, shape (F,).

    With three or more classes against the mean of all: a softmax does not see what is added to every margin.
    """
    if len(contributions) == 1:
        return contributions[0, :-1]
    return contributions[-1, :-1] - contributions[:, :-1].mean(axis=0)


def number_text(value: float, language: str) -> str:
    """A number as the language writes it, with as many decimals as its size deserves."""
    size = abs(value)
    decimals = 0 if size >= 1000 or value == int(value) else 2 if size >= 0.1 else 4
    thousands, point = MARKS[language]
    text = f"{value:,.{decimals}f}"
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    return whole.replace(",", thousands) + (point + rest if rest else "")


def _sayer(field: Column | Derived, language: str) -> Callable[[Any], str]:
    words = WORDS[language]
    if field.levels:
        levels = field.levels
        return lambda value: levels.get(value, words["unknown"])
    if isinstance(field, Derived) and _is_flag(field.expression):
        return lambda value: words.get(value, words["unknown"])
    unit = f" {field.unit}" if field.unit else ""
    # A year is a name, not an amount: 1,997 reads wrong.
    if isinstance(field, Column) and field.parse == "year":
        return lambda value: words["unknown"] if value is None else str(value)
    return lambda value: words["unknown"] if value is None else number_text(value, language) + unit


def _is_flag(expression: Expression) -> bool:
    """Whether an expression says yes or no: a comparison, or a case of ones and zeros."""
    tree = expression.tree
    if not isinstance(tree, list):
        return False
    if tree[0] == "case":
        ends = [then for _, then in tree[1]] + [tree[2]]
        return all(not isinstance(end, list) and end in (0, 1, None) for end in ends)
    return tree[0] in ("=", "<>", ">", ">=", "<", "<=", "and", "or", "not", "in", "is_null")
