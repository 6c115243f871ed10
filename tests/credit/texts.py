"""Small files and contracts for the tests of ingestion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from credit.contract import Contract
from credit.readers import TextFile, Texts

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def own_contract(**changes: Any) -> Contract:
    """A contract of one amount, one category, one leak and a key."""
    terms: dict[str, Any] = {
        "name": "own",
        "version": 1,
        "title": "Own loans",
        "outcome": {"column": "status", "classes": {"paid": ["P"], "default": ["D"]}},
        "columns": [
            {"name": "key", "source": "Key", "role": "identity", "required": True, "unique": True},
            {"name": "bank", "source": "Bank", "role": "bank", "required": True},
            {"name": "status", "source": "Status", "role": "target", "required": True},
            {"name": "amount", "source": "Amount", "parse": "money", "range": [0, 1000], "clip": [10, 500]},
            {"name": "kind", "source": "Kind", "parse": "category", "levels": ["a", "b"]},
            {"name": "recovered", "source": "Recovered", "parse": "money", "role": "leak"},
        ],
        "split": {"by": "row"},
    }
    return Contract.model_validate({**terms, **changes})


def own_texts(n: int = 12, **columns: list[str]) -> pl.DataFrame:
    """`n` good records of `own_contract`, with `columns` in place of theirs."""
    texts = {
        "Key": [f"K{i}" for i in range(n)],
        "Bank": ["A BANK" if i % 3 else "B BANK" for i in range(n)],
        "Status": ["D" if i % 4 == 0 else "P" for i in range(n)],
        "Amount": [f"${20 + i}.00 " for i in range(n)],
        "Kind": ["ab"[i % 2] for i in range(n)],
        "Recovered": [""] * n,
    }
    return pl.DataFrame(texts | columns)


def kept_in(folder: Path, records: pl.DataFrame) -> Texts:
    """`records` as texts of a file in `folder`."""
    records.write_parquet(folder / "raw.parquet")
    return Texts((TextFile.of(folder / "raw.parquet"),))


def sample(name: str) -> pl.DataFrame:
    """A sample of a user's data set as texts; the test is skipped where it is not there."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not here")
    return pl.read_parquet(path).select(pl.all().cast(pl.String))
