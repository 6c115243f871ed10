"""What is wrong with an applicant, said without repeating any value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

from credit.contract import Contract
from credit.errors import DataError
from credit.fields import Column
from credit.ranges import limits

BODY = "body"
MOST = 50
"""faults told of one applicant"""


@dataclass(frozen=True)
class Fault:
    """A field, the rule it breaks, and a sentence that names both; never the value itself."""

    field: str
    rule: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


class ApplicantError(DataError):
    """An applicant does not fit the contract; `faults` says where."""

    def __init__(self, faults: Sequence[Fault]):
        super().__init__("; ".join(f.message for f in faults))
        self.faults = tuple(faults)


def faults_of(error: ValidationError, contract: Contract) -> list[Fault]:
    """pydantic's errors in the contract's words."""
    columns = {c.name: c for c in contract.applicant_columns}
    details = error.errors(include_url=False, include_input=False)[:MOST]
    return [_fault(detail, columns, contract) for detail in details]


def _fault(detail: Any, columns: dict[str, Column], contract: Contract) -> Fault:
    kind = detail["type"]
    name = str(detail["loc"][0])[:80] if detail["loc"] else BODY
    if kind == "extra_forbidden":
        return Fault(
            name, "unknown", f"{name} is not a field of contract {contract.name} version {contract.version}"
        )
    if name not in columns:
        return Fault(
            BODY, "json", f"the body must be one JSON object with the applicant's fields: {detail['msg']}"
        )
    column = columns[name]
    rule, text = _rule(kind, detail["msg"], column)
    return Fault(name, rule, f"{column.title} {text}")


def _rule(kind: str, message: str, column: Column) -> tuple[str, str]:
    if kind == "missing":
        return "missing", "is required"
    if kind in ("greater_than_equal", "less_than_equal"):
        return "range", f"must be {limits(column.range or (None, None))}"
    if kind == "finite_number":
        return "finite", "must be a finite number"
    if kind == "book":
        return "book", message
    return "type", f"must be {_KINDS[column.parse]}"


_KINDS = {
    "number": "a number", "money": "a number", "year": "a whole number", "date": "a date like 1997-02-28",
    "duration": "a number of months", "items": "a number", "category": "a text", "text": "a text",
}  # fmt: skip
