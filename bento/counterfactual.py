"""What would have to be otherwise for the decision to turn: the smallest change that the contract allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import log2
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, Field

from bento.decision import Share
from bento.judge import Judge
from bento.scorer import Scorer
from credit.errors import DataError
from credit.faults import ApplicantError
from credit.fields import Column

MOST_FIELDS = 4
# Alone, a field is tried from an eighth to eightfold in 49 steps; beside another in 17.
FINE, COARSE = 8, 8 / 3


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The changed fields, and what the decision would then be."""

    changes: Annotated[
        dict[str, Any],
        Field(description="field -> the value it would need", examples=[{"loan_amount": 30000}]),
    ]
    pd: Share
    decision: str


@dataclass(frozen=True)
class _Candidate:
    cost: float
    changes: dict[str, Any]


def changeable(scorer: Scorer, names: Sequence[str] | None) -> list[Column]:
    """The columns that may change: those named, otherwise the amounts of money.

    Raises DataError for a name that is no field of an applicant, or too many.
    """
    columns = {c.name: c for c in scorer.contract.applicant_columns}
    if names is None:
        return [c for c in columns.values() if c.parse == "money"][:MOST_FIELDS]
    if unknown := [n for n in names if n not in columns]:
        raise DataError(f"{unknown[0][:80]} is no field of an applicant")
    if len(names) > MOST_FIELDS:
        raise DataError(f"at most {MOST_FIELDS} fields may change at once")
    return [columns[n] for n in dict.fromkeys(names)]


def find_change(
    scorer: Scorer, judge: Judge, applicant: BaseModel, columns: Sequence[Column]
) -> WhatIf | None:
    """The cheapest change of one or two `columns` that turns the decision of `judge`, None where there is none.

    A number costs the factor it changes by (doubling costs 1), another level of a category costs 1.
    """
    given = applicant.model_dump(mode="json")
    refused = judge.decide(scorer.values(applicant), reasons=False).decision == "refused"
    for size in (1, 2):
        tried = sorted(_candidates(given, columns, size), key=lambda c: c.cost)
        found = _first_turned(scorer, judge, given, tried, refused)
        if found:
            return found
    return None


def _first_turned(
    scorer: Scorer, judge: Judge, given: dict[str, Any], tried: Iterable[_Candidate], refused: bool
) -> WhatIf | None:
    valid: list[tuple[_Candidate, np.ndarray]] = []
    for candidate in tried:
        try:
            values = scorer.values({**given, **candidate.changes})
        except ApplicantError:
            continue
        valid.append((candidate, judge.encoder.row(values)[0]))
    if not valid:
        return None
    pds = judge.probability(np.stack([x for _, x in valid]))
    turned = np.flatnonzero((pds >= judge.threshold) != refused)
    if not len(turned):
        return None
    first = int(turned[0])
    return WhatIf(valid[first][0].changes, float(pds[first]), "accepted" if refused else "refused")


def _candidates(given: dict[str, Any], columns: Sequence[Column], size: int) -> Iterator[_Candidate]:
    steps = FINE if size == 1 else COARSE
    options = {c.name: list(_options(c, given[c.name], steps)) for c in columns}
    for names in combinations(options, size):
        for chosen in product(*(options[n] for n in names)):
            changes = {n: value for n, (value, _) in zip(names, chosen, strict=True)}
            yield _Candidate(sum(cost for _, cost in chosen), changes)


def _options(column: Column, now: Any, steps: float) -> Iterator[tuple[Any, float]]:
    """Other values of a column, each with its cost."""
    if column.levels:
        yield from ((level, 1.0) for level in column.levels if level != now)
    elif column.parse in ("number", "money") and now:
        for step in range(-int(3 * steps), int(3 * steps) + 1):
            value = _round(now * 2 ** (step / steps))
            if value != now:
                yield value, abs(log2(value / now))


def _round(value: float) -> float:
    """To three significant digits, as an offer would be made."""
    return float(f"{value:.3g}")
