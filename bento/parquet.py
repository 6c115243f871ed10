"""Applicants in a Parquet body, as the JSON texts that a list of them would hold."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pydantic_core import to_json

from bento.problems import Problem
from credit.faults import BODY, Fault


def read_parquet(body: bytes, most: int, most_bytes: int) -> list[bytes]:
    """Each row as a JSON object: a column a field, null where a value is not known.

    Raises Problem 422 where the body is no Parquet, 413 beyond `most` rows or `most_bytes` of JSON.
    """
    rows, size = [], 0
    for row in _rows(body):
        rows.append(to_json(row, inf_nan_mode="constants"))
        size += len(rows[-1])
        # A small file may hold much: what is repeated in it takes no room.
        if len(rows) > most or size > most_bytes:
            raise Problem(413, f"more than {most:,} applicants or {most_bytes:,} bytes: send them in parts")
    return rows


def _rows(body: bytes) -> Iterator[dict[str, Any]]:
    batches = _sound(lambda: _reader(body))
    while batch := _sound(lambda: next(batches, None)):
        columns = _sound(lambda batch=batch: [column.to_pylist() for column in batch.columns])
        for values in zip(*columns, strict=True):
            yield dict(zip(batch.column_names, values, strict=True))


def _reader(body: bytes) -> Iterator[Any]:
    from arro3.io import read_parquet as record_batches

    return iter(record_batches(BytesIO(body)))


def _sound(call: Any) -> Any:
    """What `call` answers. Raises Problem 422 where the library fails at what it reads."""
    try:
        return call()
    except BaseException as error:
        # A damaged file makes the library panic, which is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        fault = Fault(BODY, "parquet", "the body must be a Parquet file of plain columns")
        raise Problem(422, "the body is wrong", [fault]) from None
