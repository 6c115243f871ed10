"""A split that leaves nothing to judge by is refused before anything is trained."""

from __future__ import annotations

import polars as pl
import pytest

from credit.errors import DataError
from credit.splits import check_parts
from tests.credit.texts import own_contract

WHOLE = {"train": [0, 1], "validation": [0, 1], "test": [1, 0]}


def parted(**parts: list[int]) -> pl.DataFrame:
    records = [(part, outcome) for part, outcomes in (WHOLE | parts).items() for outcome in outcomes]
    return pl.DataFrame(records, schema=["part", "outcome"], orient="row")


def test_parts_of_both_classes_pass():
    check_parts(parted(), own_contract())


@pytest.mark.parametrize("part", WHOLE)
def test_a_part_without_records_or_of_one_class_is_refused(part):
    with pytest.raises(DataError, match=f"no record of data set own for {part}: correct .*`split`"):
        check_parts(parted(**{part: []}), own_contract())
    with pytest.raises(DataError, match=f"records of the class 'default' alone .* for {part}"):
        check_parts(parted(**{part: [1, 1]}), own_contract())
