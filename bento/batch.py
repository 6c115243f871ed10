"""Many applicants in one request: each is decided on, or comes back with what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic_core import from_json

from bento.decision import Decision
from bento.problems import Problem
from bento.scorer import Scorer
from credit.faults import BODY, ApplicantError, Fault

CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One applicant of a batch, by its place from 0: a decision, or what is wrong."""

    index: Annotated[int, Field(ge=0)]
    decision: Decision | None = None
    errors: tuple[Fault, ...] | None = None


_ROWS = TypeAdapter(BatchRow)


def row_json(row: BatchRow) -> bytes:
    return _ROWS.serializer.to_json(row, exclude_none=True)


def split_json(body: bytes) -> list[Any]:
    """The elements of a JSON list. Raises Problem 422 where the body is none."""
    try:
        rows = from_json(body)
    except ValueError as error:
        raise _no_list(str(error)) from None
    if not isinstance(rows, list):
        raise _no_list("it is another kind of JSON")
    return rows


def split_lines(body: bytes) -> list[bytes]:
    """The lines of NDJSON that are not blank."""
    return [line for line in body.split(b"\n") if line.strip()]


def score_rows(
    scorer: Scorer, rows: Sequence[Any], reasons: bool, bank: str = ""
) -> Iterator[list[BatchRow]]:
    """Decide on `rows` (JSON texts or parsed values) chunk by chunk, in their order."""
    for start in range(0, len(rows), CHUNK):
        yield _chunk(scorer, rows[start : start + CHUNK], start, reasons, bank)


def _chunk(scorer: Scorer, rows: Sequence[Any], start: int, reasons: bool, bank: str) -> list[BatchRow]:
    results: list[BatchRow | None] = [None] * len(rows)
    good: list[int] = []
    values: list[dict[str, Any]] = []
    for i, row in enumerate(rows):
        try:
            values.append(_values(scorer, row))
            good.append(i)
        except ApplicantError as error:
            results[i] = BatchRow(start + i, errors=error.faults)
    for i, decision in zip(good, scorer.judge_of(bank).decide_all(values, reasons), strict=True):
        results[i] = BatchRow(start + i, decision)
    return [r for r in results if r is not None]


def _values(scorer: Scorer, row: Any) -> dict[str, Any]:
    reader = scorer.reader
    return reader.values(reader.parse(row) if isinstance(row, bytes) else reader.check(row))


def _no_list(why: str) -> Problem:
    fault = Fault(BODY, "json", f"the body must be a JSON list of applicants: {why}")
    return Problem(422, "the body is wrong", [fault])
