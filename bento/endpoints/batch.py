"""POST /predict/batch: a JSON list, NDJSON or Parquet in, JSON out, as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bento.batch import (
    FORMS,
    JSON,
    NDJSON,
    PARQUET,
    BatchRow,
    Reading,
    read_list,
    read_rows,
    row_json,
    score,
    split_lines,
)
from bento.body import read_body
from bento.endpoints.predict import BANK, asked_bank, wants_reasons
from bento.operation import Operation, request_id
from bento.parquet import read_parquet
from bento.problems import Problem
from bento.scorer import Scorer
from bento.stated_contract import PARAMETER as STATED_CONTRACT
from bento.stated_contract import check_stated_contract

UNSTATED = ("", "application/x-www-form-urlencoded", "text/plain")
"""what clients send that were told no Content-Type: taken for JSON"""
REASONS = {
    "name": "reasons",
    "in": "query",
    "description": "true adds the reasons, which takes longer",
    "schema": {"type": "string", "enum": ["true", "false"], "default": "false"},
}


async def predict_batch(request: Request) -> Response:
    """A decision on each applicant; those that are wrong come back with their errors, the others are scored.

    The body is a JSON list; with `Content-Type: application/x-ndjson` one object a line, with
    `application/vnd.apache.parquet` a Parquet file with a column a field. Lines are answered in lines.
    """
    state = request.app.state
    scorer = state.served.current()
    check_stated_contract(request, scorer)
    reasons, judge = wants_reasons(request, default="false"), scorer.judge_of(asked_bank(request))
    kind = _kind(request)
    body = await read_body(request, state.settings.batch_bytes, state.settings.body_seconds)
    most = state.settings.batch_rows
    if kind == NDJSON:
        readings = read_rows(judge, scorer.reader, split_lines(body), most)
    elif kind == PARQUET:
        rows = await asyncio.to_thread(read_parquet, body, most, state.settings.batch_bytes)
        readings = read_rows(judge, scorer.reader, rows, most)
    else:
        readings = iter(await asyncio.to_thread(read_list, judge, scorer.reader, body, most))
    parts = _recorded(((r, score(judge, scorer.reader, r, reasons)) for r in readings), request, scorer)
    if kind == NDJSON:
        return StreamingResponse(_lines(parts), media_type=NDJSON)
    return StreamingResponse(_list(parts), media_type=JSON)


def _kind(request: Request) -> str:
    """JSON, NDJSON or PARQUET, by the request's Content-Type. Raises Problem 415 for another."""
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stated in UNSTATED:
        return JSON
    if stated not in (JSON, NDJSON, PARQUET):
        raise Problem(415, f"{stated[:80]} is not taken: send {FORMS}")
    return stated


def _recorded(
    parts: Iterator[tuple[Reading, list[BatchRow]]], request: Request, scorer: Scorer
) -> Iterator[list[BatchRow]]:
    name = request_id(request.scope).decode()
    for reading, part in parts:
        decisions = {}
        for row in part:
            if row.decision:
                row.id = f"{name}/{row.index}"
                decisions[row.id] = row.decision
        request.app.state.recorder.record_all(scorer, decisions, request.scope, reading.right)
        yield part


async def _lines(parts: Iterator[list[BatchRow]]) -> AsyncIterator[bytes]:
    while (text := await asyncio.to_thread(_next, parts, b"\n")) is not None:
        yield text + b"\n"


async def _list(parts: Iterator[list[BatchRow]]) -> AsyncIterator[bytes]:
    opening = b"["
    while (text := await asyncio.to_thread(_next, parts, b",")) is not None:
        yield opening + text
        opening = b","
    yield b"[]" if opening == b"[" else b"]"


def _next(parts: Iterator[list[BatchRow]], between: bytes) -> bytes | None:
    """The next chunk as JSON; scored in a thread, so that single applicants need not wait for it."""
    rows = next(parts, None)
    return None if rows is None else between.join(map(row_json, rows))


BATCH = (
    Operation(
        "POST",
        "/predict/batch",
        predict_batch,
        "Decide on many applicants",
        "Scoring",
        opens="score",
        body=["Applicant"],
        answer=list[BatchRow],
        parameters=(REASONS, BANK, STATED_CONTRACT),
        problems=(400, 404, 408, 409, 413, 422, 503),
        example=lambda applicant: [applicant],
    ),
)
