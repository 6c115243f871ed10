"""A value that stood before is found again, whichever slice it stood in."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.uniqueness import UniqueValues


def repeated(values: list, size: int, rows: int) -> list[bool]:
    seen, found = UniqueValues(rows), []
    for first in range(0, len(values), size):
        part = pl.Series(values[first : first + size])
        places = set(seen.add(part).tolist())
        found += [place in places for place in range(len(part))]
    return found


@settings(deadline=None)
@given(st.lists(st.text("ab", max_size=4), min_size=1), st.integers(1, 9))
def test_exactly_the_later_of_equal_values_are_found(values, size):
    assert repeated(values, size, len(values)) == [v in values[:i] for i, v in enumerate(values)]


@pytest.mark.parametrize("kind", [str, float])
def test_values_that_share_a_slot_are_told_apart(kind):
    values = [kind(i) for i in [*range(5000), *range(0, 5000, 7), *range(5000, 6000)]]
    found = repeated(values, 900, len(values))
    assert [v for v, again in zip(values, found, strict=True) if again] == [
        kind(i) for i in range(0, 5000, 7)
    ]


def test_more_values_than_announced_are_refused():
    with pytest.raises(ValueError, match="more than announced"):
        repeated([str(i) for i in range(5000)], 900, rows=10)
