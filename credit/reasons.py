"""Why an applicant's risk is estimated as high as it is: the strongest reasons, in true sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from credit.contract import Contract
from credit.expressions import Expression
from credit.fields import Column, Derived, Role

MOST = 4
# Below the noise between two ways to compute one contribution, so that ties fall in the contract's order.
_DIGITS = 7
_NOUGHT = 0.5 * 10**-_DIGITS

SENTENCES = {
    "en": "{label} ({value}) raised the estimated risk.",
    "fr": "{label} ({value}) a augmenté le risque estimé.",
}
WORDS = {
    "en": {"unknown": "not known", 1: "yes", 0: "no"},
    "fr": {"unknown": "non renseigné", 1: "oui", 0: "non"},
}
Group = list[tuple[int, Column | Derived]]
"""features that speak as one, with their places in the model's order"""
MARKS = {"en": (",", "."), "fr": ("\u202f", ",")}


@dataclass(slots=True)
class Reason:
    """What raised the margin of the worst class, by how much, and the sentence that says so.

    Of a group of features the whole group's contribution and points, and the strongest feature's words.
    """

    code: str
    sentence: str
    contribution: float
    label: str
    value: float | str | None = None
    unit: str = ""
    points: float = 0.0
    """what it adds to the score; below zero, as it raised the risk"""
    group: str = ""


class ReasonWriter:
    """Picks and words the reasons against an applicant, for a model that reads `features` in this order."""

    def __init__(self, contract: Contract, features: tuple[str, ...], most: int = MOST):
        fields = [contract.fields[f] for f in features]
        usable = [(i, f) for i, f in enumerate(fields) if f.role is Role.FEATURE]
        groups: dict[str, Group] = {}
        for i, field in usable:
            groups.setdefault(field.reason_group or f"\0{field.name}", []).append((i, field))
        self._groups = list(groups.values())
        self._single = [(g[0][0], g) for g in self._groups if len(g) == 1]
        self._several = [g for g in self._groups if len(g) > 1]
        self._say = {f.name: _sayer(f, contract.language) for f in fields}
        self._around = {f.name: _around(f.title, SENTENCES[contract.language]) for f in fields}
        self._most = most

    def __call__(
        self, raised: Sequence[float], values: Mapping[str, Any], rate: float = 0.0
    ) -> tuple[Reason, ...]:
        """At most four reasons, the strongest first.

        `raised` is what each feature adds to the risk, as `toward_worst` has it; `values` are told as the
        applicant stated them, before winsorising; `rate` is the points a unit of risk is worth, of
        `SingleScore.rate`. A group or feature that lowered the risk, or that is sensitive, is never a reason.
        """
        totals = [(raised[i], i, group) for i, group in self._single if raised[i] > _NOUGHT]
        for group in self._several:
            if (total := sum(raised[i] for i, _ in group)) > _NOUGHT:
                totals.append((total, group[0][0], group))
        strongest = sorted((total for total, _, _ in totals), reverse=True)[: self._most]
        # Those a tie away from the last are weighed too: what ties falls in the contract's order.
        least = strongest[-1] - 2 * _NOUGHT if strongest else 0.0
        weighed = [(-round(total, _DIGITS), i, group) for total, i, group in totals if total >= least]
        weighed.sort()
        return tuple(self._reason(group, raised, values, rate) for _, _, group in weighed[: self._most])

    def _reason(
        self, group: Group, raised: Sequence[float], values: Mapping[str, Any], rate: float
    ) -> Reason:
        i, field = group[0]
        total = raised[i]
        if len(group) > 1:
            field = min(group, key=lambda member: (-round(raised[member[0]], _DIGITS), member[0]))[1]
            total = sum(raised[i] for i, _ in group)
        name = field.name
        value, (before, after) = values.get(name), self._around[name]
        sentence = before + self._say[name](value) + after
        return Reason(name, sentence, total, field.title, value, field.unit, total * rate, field.reason_group)


def _around(title: str, sentence: str) -> tuple[str, str]:
    """What stands before and after the value."""
    before, _, after = sentence.format(label=title, value="\0").partition("\0")
    return before, after


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
    return tree[0] in (
        "=",
        "<>",
        ">",
        ">=",
        "<",
        "<=",
        "and",
        "or",
        "not",
        "in",
        "is_null",
        "is_true",
        "is_false",
    )
