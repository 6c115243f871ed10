"""Parquet bodies: what is damaged or swells is refused, whatever the library does about it."""

from __future__ import annotations

from io import BytesIO

import polars as pl
import pytest
from pydantic_core import from_json

from bento.parquet import read_parquet
from bento.problems import Problem


def parquet(**columns) -> bytes:
    body = BytesIO()
    pl.DataFrame(columns).write_parquet(body)
    return body.getvalue()


def test_rows_are_as_json_has_them():
    rows = read_parquet(parquet(a=[1.5, None], b=["x", "é"]), 10, 1000)
    assert [from_json(row) for row in rows] == [{"a": 1.5, "b": "x"}, {"a": None, "b": "é"}]


@pytest.mark.parametrize("cut", [0, 4, 30, 120, -1])
def test_a_damaged_file_is_refused(cut):
    with pytest.raises(Problem) as refused:
        read_parquet(parquet(a=[1.5] * 100)[:cut], 1000, 10_000)
    assert refused.value.status == 422


@pytest.mark.parametrize("most", [(99, 10**6), (1000, 500)])
def test_a_file_that_swells_is_refused(most):
    with pytest.raises(Problem) as refused:
        read_parquet(parquet(a=["x" * 100] * 100), *most)
    assert refused.value.status == 413
