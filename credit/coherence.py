"""Whether the parts of a contract hang together: names, roles, expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from credit.expressions import Expression, columns_of
from credit.features import OUTCOME, PART, ROW
from credit.fields import BARRED, Column, Role
from credit.kinds import PARSED, Kind, kind_of

if TYPE_CHECKING:
    from credit.contract import Contract


def check_coherence(contract: Contract) -> None:
    """Raise ValueError where names clash, roles lack or repeat, or an expression reads what it may not."""
    _check_names(contract)
    _check_roles(contract)
    _check_expressions(contract)


def _check_names(contract: Contract) -> None:
    names = [f.name for f in (*contract.columns, *contract.derived)]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"named twice: {', '.join(twice)}")
    if taken := sorted({OUTCOME, ROW, PART} & set(names)):
        raise ValueError(f"the name {taken[0]!r} is taken by the pipeline itself: rename the column")


def _check_roles(contract: Contract) -> None:
    for role in (Role.TARGET, Role.BANK, Role.ENTITY, Role.TIME):
        if len(contract.with_role(role)) > 1:
            raise ValueError(f"more than one column has the role {role}")
    target = contract.only(Role.TARGET)
    if target is None or target.name != contract.outcome.column:
        raise ValueError(
            f"outcome.column {contract.outcome.column!r} must be the column with the role target"
        )
    if len(contract.classes) < 2:
        raise ValueError("outcome.classes needs at least two classes")
    if not contract.features:
        raise ValueError("no column has the role feature")
    if contract.split.by == "time" and contract.only(Role.TIME) is None:
        raise ValueError("split by time needs a column with the role time")
    if contract.split.by == "entity" and contract.only(Role.ENTITY) is None:
        raise ValueError("split by entity needs a column with the role entity")
    if contract.split.by == "row" and contract.only(Role.ENTITY) is not None:
        raise ValueError(
            "split by row leaks: records of one customer would stand in train and test alike; split by entity"
        )
    for field in contract.features:
        if isinstance(field, Column) and field.parse in ("text", "date"):
            raise ValueError(
                f"feature {field.name} is read as {field.parse}: derive a number or a category from it"
            )
        if isinstance(field, Column) and (field.parse == "category") != (field.levels is not None):
            raise ValueError(f"{field.name}: a category has levels, and only a category has")


def _check_expressions(contract: Contract) -> None:
    known = {c.name: c.role for c in contract.columns}
    kinds: dict[str, Kind] = {c.name: PARSED[c.parse] for c in contract.columns}
    for derived in contract.derived:
        read = columns_of(derived.sql)
        if missing := read - set(known):
            raise ValueError(
                f"derived {derived.name} reads {', '.join(sorted(missing))}, which is no column above it"
            )
        barred = sorted(c for c in read if known[c] in BARRED)
        if barred and derived.role in (Role.FEATURE, Role.INPUT):
            raise ValueError(
                f"derived {derived.name} reads {', '.join(barred)} ({known[barred[0]]}): it can't be a feature"
            )
        given: tuple[Kind, ...] = ("text",) if derived.levels else ("number", "truth")
        _check_kind(f"derived {derived.name}", derived.sql, kinds, given)
        known[derived.name] = derived.role
        kinds[derived.name] = given[0]
    for rule in contract.rules:
        if missing := columns_of(rule.sql) - set(known):
            raise ValueError(f"rule {rule.message!r} reads {', '.join(sorted(missing))}, which is no column")
        _check_kind(f"rule {rule.message!r}", rule.sql, kinds, ("truth",))


def _check_kind(name: str, sql: str, kinds: Mapping[str, Kind], wanted: tuple[Kind, ...]) -> None:
    """Raise ValueError where `sql` mixes kinds of values, or gives none of those `wanted`."""
    try:
        kind = kind_of(Expression.parse(sql).tree, kinds)
    except ValueError as error:
        raise ValueError(f"{name}: {sql!r} can't be computed: {error}") from error
    if kind not in wanted:
        raise ValueError(f"{name}: {sql!r} gives a {kind}, and must give a {' or a '.join(wanted)}")
