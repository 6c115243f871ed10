"""Many applicants in one request: each is decided on, or comes back with what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter
from pydantic_core import from_json, to_json

from bento.decision import Decision
from bento.judge import Judge
from bento.problems import Problem
from credit.applicant import ApplicantReader
from credit.faults import BODY, ApplicantError, Fault

CHUNK = 2_000


@dataclass(slots=True)
class BatchRow:
    """One applicant of a batch, by its place from 0: a decision, or what is wrong."""

    index: Annotated[int, Field(ge=0)]
    decision: Decision | None = None
    errors: tuple[Fault, ...] | None = None


_ROW = TypeAdapter(BatchRow)


def row_json(row: BatchRow) -> bytes:
    return _ROW.serializer.to_json(row, exclude_none=True)


def split_json(reader: ApplicantReader, body: bytes) -> list[Any]:
    """The elements of a JSON list: checked applicants where none is wrong, otherwise parsed values.

    Raises Problem 422 where the body is no list.
    """
    if (applicants := reader.parse_all(body)) is not None:
        return applicants
    try:
        rows = from_json(body)
    except ValueError as error:
        raise _no_list(str(error)) from None
    if not isinstance(rows, list):
        raise _no_list("it is another kind of JSON")
    return rows


def split_lines(reader: ApplicantReader, body: bytes) -> list[bytes]:
    """The lines of NDJSON that are not blank."""
    return [line for line in body.split(b"\n") if line.strip()]


def score_rows(
    judge: Judge, reader: ApplicantReader, rows: Sequence[Any], reasons: bool
) -> Iterator[list[BatchRow]]:
    """Decide on `rows` (JSON texts, parsed values or checked applicants) chunk by chunk, in their order."""
    for start in range(0, len(rows), CHUNK):
        yield _chunk(judge, reader, rows[start : start + CHUNK], start, reasons)


def row_text(row: Any) -> bytes:
    """A row as JSON."""
    return row if isinstance(row, bytes) else to_json(row)


def _chunk(
    judge: Judge, reader: ApplicantReader, rows: Sequence[Any], start: int, reasons: bool
) -> list[BatchRow]:
    values, faults = [], {}
    for i, row in enumerate(rows):
        try:
            values.append(reader.values(_checked(reader, row)))
        except ApplicantError as error:
            faults[i] = error.faults
    decisions = judge.decide_all(values, reasons)
    if not faults:
        return list(map(BatchRow, range(start, start + len(rows)), decisions))
    left = iter(decisions)
    return [
        BatchRow(start + i, errors=faults[i]) if i in faults else BatchRow(start + i, next(left))
        for i in range(len(rows))
    ]


def _checked(reader: ApplicantReader, row: Any) -> BaseModel:
    if isinstance(row, BaseModel):
        return row
    return reader.parse(row) if isinstance(row, bytes) else reader.check(row)


def _no_list(why: str) -> Problem:
    fault = Fault(BODY, "json", f"the body must be a JSON list of applicants: {why}")
    return Problem(422, "the body is wrong", [fault])
