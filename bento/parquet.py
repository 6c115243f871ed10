"""Applicants in a Parquet body, as the JSON texts that a list of them would hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bento.parquet_rows import TOO_MUCH
from bento.problems import Problem
from credit.faults import BODY, Fault

READER = Path(__file__).with_name("parquet_rows.py")
PATIENCE = 30.0


def read_parquet(body: bytes, most: int, most_bytes: int) -> list[bytes]:
    """Each row as a JSON object: a column a field, null where a value is not known.

    Read in a process of its own: a damaged file may bring the library down, a small one swell to gigabytes.
    Raises Problem 422 where the body is no Parquet, 413 beyond `most` rows or `most_bytes` of JSON.
    """
    command = [sys.executable, "-I", str(READER), str(most), str(most_bytes)]
    try:
        done = subprocess.run(
            command,
            input=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _damaged() from None
    if done.returncode == TOO_MUCH:
        raise Problem(413, f"more than {most:,} applicants or {most_bytes:,} bytes: send them in parts")
    if done.returncode:
        raise _damaged()
    return done.stdout.splitlines()


def _damaged() -> Problem:
    fault = Fault(BODY, "parquet", "the body must be a Parquet file of plain columns")
    return Problem(422, "the body is wrong", [fault])
