"""Run by itself: a Parquet file on standard input becomes lines of JSON on standard output, within limits."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any

TOO_MUCH = 3
MEMORY = 2**31
"""bytes that the process may take"""


def rows(body: bytes) -> Iterator[dict[str, Any]]:
    """Each row as a dict by column."""
    from arro3.io import read_parquet

    for batch in read_parquet(BytesIO(body)):
        names = batch.column_names
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield dict(zip(names, values, strict=True))


def main() -> None:
    from pydantic_core import to_json

    most, most_bytes = map(int, sys.argv[1:])
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    out, size = sys.stdout.buffer, 0
    for number, row in enumerate(rows(sys.stdin.buffer.read()), 1):
        line = to_json(row, inf_nan_mode="constants")
        size += len(line)
        if number > most or size > most_bytes:
            sys.exit(TOO_MUCH)
        out.write(line + b"\n")


if __name__ == "__main__":
    main()
