"""Derived columns of one applicant, with the checks a whole file gets from `credit.schema`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credit.column_expressions import ColumnEvaluator, compile_columns
from credit.contract import Contract, Rule
from credit.expressions import Evaluator, Expression, columns_of
from credit.faults import ApplicantError, Fault
from credit.fields import Derived, Role
from credit.ranges import limits


class Derivation:
    """Computes and checks what a contract derives from an applicant's raw values."""

    def __init__(self, contract: Contract):
        known = {c.name for c in contract.applicant_columns}
        self._steps: list[tuple[Derived, Evaluator, ColumnEvaluator]] = []
        for derived in contract.derived:
            if columns_of(derived.sql) <= known and derived.role in (Role.FEATURE, Role.INPUT):
                expression = derived.expression
                self._steps.append((derived, expression.compile(), compile_columns(expression.tree)))
                known.add(derived.name)
        rules = [(r, Expression.parse(r.sql)) for r in contract.rules if columns_of(r.sql) <= known]
        self._rules = [(r, e.compile(), compile_columns(e.tree)) for r, e in rules]

    def __call__(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """`raw` with its derived values. Raises ApplicantError where one breaks its range, book or a rule."""
        if not self._steps and not self._rules:
            return raw
        values, faults = dict(raw), []
        for derived, evaluate, _ in self._steps:
            value = _typed(evaluate(values), derived)
            values[derived.name] = value
            if value is not None and (fault := _fault(value, derived)):
                faults.append(fault)
        faults += [_broken(rule) for rule, holds, _ in self._rules if holds(values) in (False, 0)]
        if faults:
            raise ApplicantError(faults)
        return values

    def columns(
        self, raw: Mapping[str, list[Any]], n: int
    ) -> tuple[dict[str, list[Any]], dict[int, list[Fault]]]:
        """Of n applicants the columns `raw` with the derived ones, and what is wrong with some, by place."""
        columns, faults = dict(raw), {}
        for derived, _, evaluate in self._steps:
            column = columns[derived.name] = [_typed(v, derived) for v in evaluate(columns, n)]
            for i, value in enumerate(column):
                if value is not None and (fault := _fault(value, derived)):
                    faults.setdefault(i, []).append(fault)
        for rule, _, evaluate in self._rules:
            for i, holds in enumerate(evaluate(columns, n)):
                if holds in (False, 0):
                    faults.setdefault(i, []).append(_broken(rule))
        return columns, faults


def _typed(value: Any, derived: Derived) -> Any:
    if value is None or derived.levels is not None:
        return value
    return float(value)


def _fault(value: Any, derived: Derived) -> Fault | None:
    if derived.levels is not None and value not in derived.levels:
        return _named(derived, "book", f"is none of {len(derived.levels)} known levels")
    if derived.range and not _within(value, *derived.range):
        return _named(derived, "range", f"must be {limits(derived.range)}")
    return None


def _named(derived: Derived, rule: str, text: str) -> Fault:
    origin = ", ".join(sorted(columns_of(derived.sql)))
    return Fault(derived.name, rule, f"{derived.title} (from {origin}) {text}")


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _broken(rule: Rule) -> Fault:
    return Fault(", ".join(sorted(columns_of(rule.sql))), "rule", rule.message)
