"""One applicant: the request model that a contract makes, and the features that models read from it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError, to_json

from credit.contract import Contract
from credit.derivation import Derivation
from credit.faults import ApplicantError, Fault, faults_of
from credit.fields import FIRST_YEAR, Column, Derived
from credit.reading import Typed, text_reader

_TYPES: dict[str, Any] = {
    "number": float,
    "money": float,
    "year": int,
    "date": date,
    "duration": float,
    "items": float,
    "category": str,
    "text": str,
}


def applicant_model(contract: Contract) -> type[BaseModel]:
    """The request model of one applicant: numbers as numbers, categories as levels or their aliases."""
    fields: dict[str, Any] = {c.name: _field(c) for c in contract.applicant_columns}
    config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        title=f"Applicant of contract {contract.name} version {contract.version}",
        json_schema_extra={"example": example_applicant(contract)},
    )
    return create_model("Applicant", __config__=config, __doc__=contract.description or None, **fields)


def example_applicant(contract: Contract) -> dict[str, Any]:
    """A plausible applicant, from the contract's examples."""
    examples = {c.name: _example(c) for c in contract.applicant_columns}
    return {name: example for name, example in examples.items() if example is not None}


def applicant_from_source(contract: Contract, row: Mapping[str, str | None]) -> dict[str, Typed]:
    """An applicant as JSON has it, from a source file's `row` (source name -> text).

    Raises ApplicantError naming the columns that have no reading.
    """
    applicant: dict[str, Typed] = {}
    faults = []
    for column in contract.applicant_columns:
        try:
            applicant[column.name] = text_reader(column)(row.get(column.source) or "")
        except ValueError as error:
            faults.append(Fault(column.name, column.parse, f"{column.title} {error}"))
    if faults:
        raise ApplicantError(faults)
    return {name: value for name, value in applicant.items() if value is not None}


Faults = Mapping[int, Sequence[Fault]]
"""what is wrong with some of many applicants, by place"""


class ApplicantReader:
    """Reads applicants by one contract; equal to `credit.ingestion` on every record, in microseconds."""

    def __init__(self, contract: Contract):
        self.contract = contract
        self.model = applicant_model(contract)
        self._parse = self.model.__pydantic_validator__.validate_json
        self._derive = Derivation(contract)
        self._features = tuple(f.name for f in contract.features)
        self._clips = tuple(_limits(f) for f in contract.features if f.clip)

    def parse(self, body: bytes | str) -> BaseModel:
        """The applicant in a JSON text. Raises ApplicantError naming each wrong field and its rule."""
        try:
            applicant = self._parse(body)
        except ValidationError as error:
            raise ApplicantError(faults_of(error, self.contract)) from None
        # As many colons as fields: none stands there twice. Otherwise a text may hold one, so look closer.
        colons = body.count(":") if isinstance(body, str) else body.count(b":")
        if colons != len(applicant.__pydantic_fields_set__):
            _refuse_repeated(body, self.contract)
        return applicant

    def check(self, fields: Mapping[str, Any]) -> BaseModel:
        """The applicant with these fields. Raises ApplicantError as `parse` does."""
        return self.parse(to_json(fields, inf_nan_mode="constants"))

    def values(self, applicant: BaseModel) -> Mapping[str, Any]:
        """Raw and derived values as they are told to people.

        Raises ApplicantError where a derived value or a rule of the contract does not hold.
        """
        return self._derive(applicant.__dict__)

    def columns(self, applicants: Sequence[BaseModel]) -> tuple[Mapping[str, Sequence[Any]], Faults]:
        """Raw and derived values of many applicants by column, and what is wrong with some, by place."""
        rows = [a.__dict__ for a in applicants]
        raw = {name: [row[name] for row in rows] for name in self.model.model_fields}
        return self._derive.columns(raw, len(rows))

    def features(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The feature row of `values`, winsorised, as `Encoding.vector` takes it."""
        row = {name: values[name] for name in self._features}
        for name, low, high in self._clips:
            if (value := row[name]) is not None:
                row[name] = min(max(value, low), high)
        return row


def _refuse_repeated(body: bytes | str, contract: Contract) -> None:
    """Raise ApplicantError where a field of the JSON object stands there twice: which was meant?"""
    names = Counter(json.loads(body, object_pairs_hook=lambda pairs: [name for name, _ in pairs]))
    titles = {c.name: c.title for c in contract.applicant_columns}
    repeated = [n for n, times in names.items() if times > 1]
    if repeated:
        raise ApplicantError([Fault(n, "repeated", f"{titles[n]} is given more than once") for n in repeated])


def _field(column: Column) -> tuple[Any, Any]:
    # A range stands inside the optional type: pydantic would compare a missing value with it otherwise.
    kind: Any = Annotated[_TYPES[column.parse], _bounds(column)]
    if not column.required:
        kind = kind | None
    if column.parse in ("category", "text"):
        kind = Annotated[kind, BeforeValidator(_from_text(column))]
    if column.required:
        kind = Annotated[kind, BeforeValidator(_present_date if column.parse == "date" else _present)]
    return kind, Field(
        default=... if column.required else None,
        title=column.title,
        description=_description(column),
        examples=None if (example := _example(column)) is None else [example],
        json_schema_extra=_extra(column),
    )


def _bounds(column: Column) -> Any:
    if column.parse == "date":
        return Field(ge=date(FIRST_YEAR, 1, 1))
    if _TYPES[column.parse] not in (float, int):
        return Field()
    low, high = column.range or (None, None)
    if column.parse == "year":  # four digits, as in a file
        return Field(ge=max(0, low or 0), le=min(9999, 9999 if high is None else high))
    return Field(ge=low, le=high, allow_inf_nan=False)


def _from_text(column: Column) -> Any:
    read = text_reader(column)

    def validate(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            known = read(value)
        except ValueError as error:
            raise PydanticCustomError("book", "{reason}", {"reason": str(error)}) from None
        return _present(known) if column.required else known

    return validate


def _present(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("missing", "is required")
    return value


def _present_date(value: Any) -> Any:
    """Behind a validator in Python a date's text is no longer JSON's, which strict pydantic would read."""
    present = _present(value)
    try:
        return datetime.strptime(present, "%Y-%m-%d").date() if len(present) == 10 else present
    except (TypeError, ValueError):
        return present


def _description(column: Column) -> str:
    parts = [
        f"in {column.unit}" if column.unit else "",
        "" if column.required else "null or left out: not known",
    ]
    if column.aliases:
        parts.append("also accepted: " + ", ".join(f"{a} for {level}" for a, level in column.aliases.items()))
    if texts := _missing_texts(column):
        parts.append(f"counts as not known: {', '.join(texts)}")
    if column.levels:
        otherwise = "counts as not known" if column.unknown == "missing" else "is refused"
        parts.append(f"one of {', '.join(column.levels)}; any other text {otherwise}")
    return "; ".join(p for p in parts if p)


def _extra(column: Column) -> dict[str, Any]:
    extra: dict[str, Any] = {"unit": column.unit} if column.unit else {}
    if column.levels and column.unknown == "quarantine":
        optional = [] if column.required else [*_missing_texts(column), None]
        extra["enum"] = list(dict.fromkeys([*column.levels, *column.aliases, *optional]))
    return extra


def _missing_texts(column: Column) -> list[str]:
    """The texts of an applicant that count as not known; the empty one, which always does, left out."""
    return [text for text in column.missing if text] if _TYPES[column.parse] is str else []


def _example(column: Column) -> Any:
    example = _plain_example(column) if column.example is None and column.required else column.example
    return int(example) if column.parse == "year" and isinstance(example, float) else example


def _plain_example(column: Column) -> Any:
    """What stands for a required value that the contract gives no example of."""
    if column.levels:
        return next(iter(column.levels))
    if column.parse in ("text", "date"):
        return "2000-01-01" if column.parse == "date" else "text"
    otherwise = 2000.0 if column.parse == "year" else 1.0
    return next((limit for limit in column.range or () if limit is not None), otherwise)


def _limits(field: Column | Derived) -> tuple[str, float, float]:
    low, high = field.clip or (None, None)
    return field.name, -float("inf") if low is None else low, float("inf") if high is None else high


__all__ = [
    "ApplicantError",
    "ApplicantReader",
    "Fault",
    "applicant_from_source",
    "applicant_model",
    "example_applicant",
]
