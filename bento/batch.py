"""Many applicants in one request: each is decided on, or comes back with what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

import numpy as np
from pydantic import Field, TypeAdapter
from pydantic_core import from_json, to_json

from bento.decision import Decision
from bento.judge import Judge
from bento.problems import Problem
from credit.applicant import ApplicantReader
from credit.faults import BODY, ApplicantError, Fault

CHUNK = 250
JSON, NDJSON, PARQUET = "application/json", "application/x-ndjson", "application/vnd.apache.parquet"
FORMS = f"a JSON list of applicants ({JSON}), one JSON object a line ({NDJSON}) or a Parquet file ({PARQUET})"
"""what a batch may be, by its Content-Type"""


@dataclass(slots=True)
class BatchRow:
    """One applicant of a batch, by its place from 0: a decision, or what is wrong."""

    index: Annotated[int, Field(ge=0)]
    decision: Decision | None = None
    errors: tuple[Fault, ...] | None = None
    id: Annotated[
        str | None, Field(description="of a decision: by what the decision log names it", examples=["1f6c/0"])
    ] = None


_ROW = TypeAdapter(BatchRow)


def row_json(row: BatchRow) -> bytes:
    return _ROW.serializer.to_json(row, exclude_none=True)


@dataclass(frozen=True)
class Reading:
    """Applicants read: of each that is right a row of the model matrix and the fields that are not known.

    Of the others what is wrong, by place.
    """

    start: int
    rows: Sequence[bytes]
    X: np.ndarray
    not_known: Sequence[tuple[str, ...]]
    faults: Mapping[int, tuple[Fault, ...]]

    @property
    def right(self) -> list[bytes]:
        return [row for i, row in enumerate(self.rows) if i not in self.faults]

    @property
    def unreadable(self) -> bool:
        """Whether a row is no JSON object."""
        return any(fault.field == BODY for faults in self.faults.values() for fault in faults)


# A text, or the end of an object that a comma follows.
_TEXT_OR_END = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)|\},', re.DOTALL)


def read_list(judge: Judge, reader: ApplicantReader, body: bytes, most: int) -> list[Reading]:
    """The applicants of a JSON list. Raises Problem 422 where the body is none, 413 beyond `most` of them.

    A list of flat objects is cut where one ends: parsed at once it would take a hundred times its size.
    What is cut wrongly shows as an unreadable row; then the list is parsed.
    """
    readings = list(read_rows(judge, reader, _cut(body, most), most))
    if not readings or any(r.unreadable for r in readings):
        readings = list(read_rows(judge, reader, _parsed(body), most))
    return readings


def read_rows(judge: Judge, reader: ApplicantReader, rows: Sequence[bytes], most: int) -> Iterator[Reading]:
    """Read the JSON texts `rows` chunk by chunk. Raises Problem 413 beyond `most`."""
    if len(rows) > most:
        raise Problem(413, f"more than {most:,} applicants: send them in parts")
    return (_read(judge, reader, rows[start : start + CHUNK], start) for start in range(0, len(rows), CHUNK))


def split_lines(body: bytes) -> list[bytes]:
    """The lines of NDJSON that are not blank."""
    return [line for line in body.split(b"\n") if line.strip()]


def score(judge: Judge, reader: ApplicantReader, reading: Reading, reasons: bool) -> list[BatchRow]:
    """The decisions on the applicants of a reading, and what is wrong with the others, in their order."""
    if reasons:
        values = [reader.values(reader.parse(row)) for row in reading.right]
        decided = judge.explain_matrix(reading.X, reading.not_known, values)
    else:
        decided = judge.decide_matrix(reading.X, reading.not_known)
    places, left = range(reading.start, reading.start + len(reading.rows)), iter(decided)
    if not reading.faults:
        return list(map(BatchRow, places, decided))
    return [
        BatchRow(place, errors=reading.faults[i]) if i in reading.faults else BatchRow(place, next(left))
        for i, place in enumerate(places)
    ]


def _read(judge: Judge, reader: ApplicantReader, rows: Sequence[bytes], start: int) -> Reading:
    applicants, places, faults = [], [], {}
    for i, row in enumerate(rows):
        try:
            applicants.append(reader.parse(row))
            places.append(i)
        except ApplicantError as error:
            faults[i] = error.faults
    columns, wrong = reader.columns(applicants)
    X = judge.encoder.columns(columns, len(applicants))
    faults |= {places[i]: tuple(found) for i, found in wrong.items()}
    not_known = [judge.not_known(a.__dict__) for i, a in enumerate(applicants) if i not in wrong]
    return Reading(start, rows, np.delete(X, list(wrong), axis=0) if wrong else X, not_known, faults)


def _cut(body: bytes, most: int) -> list[bytes]:
    """The objects of a JSON list, cut after each closing brace that a comma follows; none if it is no list.

    Where these are more than `most`, those within texts are not cut at: then the list may be no longer than that.
    """
    text = body.strip()
    if text[:1] != b"[" or text[-1:] != b"]":
        return []
    *rows, last = text[1:-1].split(b"},")
    if len(rows) >= most:
        *rows, last = _cut_outside_texts(text[1:-1], most)
    return [row + b"}" for row in rows] + ([last] if last.strip() else [])


def _cut_outside_texts(text: bytes, most: int) -> Iterator[bytes]:
    """What the ends of objects in `text` part, at most one more than `most`."""
    ends = (found.start() for found in _TEXT_OR_END.finditer(text) if found[0] == b"},")
    begin = 0
    for end in islice(ends, most):
        yield text[begin:end]
        begin = end + 2
    yield text[begin:]


def _parsed(body: bytes) -> list[bytes]:
    try:
        from_json(body)
        rows = json.loads(body, object_pairs_hook=_Object)
    except ValueError as error:
        raise _no_list(str(error)) from None
    if not isinstance(rows, list):
        raise _no_list("it is another kind of JSON")
    return [row.text if isinstance(row, _Object) else to_json(row, inf_nan_mode="constants") for row in rows]


class _Object:
    """A JSON object as it was sent: a name that stands there twice still does."""

    def __init__(self, pairs: list[tuple[str, Any]]):
        parts = (
            to_json(name) + b":" + to_json(v, inf_nan_mode="constants", fallback=lambda _: {})
            for name, v in pairs
        )
        self.text = b"{" + b",".join(parts) + b"}"


def _no_list(why: str) -> Problem:
    fault = Fault(BODY, "json", f"the body must be {FORMS}: {why}")
    return Problem(422, "the body is wrong", [fault])
