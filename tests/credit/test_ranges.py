"""Numbers in messages are written as people write them."""

from __future__ import annotations

import pytest

from credit.ingestion import ingest
from credit.ranges import limits
from tests.credit.texts import own_contract, own_texts


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((1.0, 1e7), "1 to 10,000,000"),
        ((1960, 2014), "1960 to 2014"),
        ((0, 1.0001), "0 to 1.0001"),
        ((None, 0.25), "at most 0.25"),
        ((-50_000.5, None), "at least -50,000.5"),
    ],
)
def test_a_range_reads_as_people_write_it(bounds, words):
    assert limits(bounds) == words


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [([1, 1e7], "Amount: is outside 1 to 10,000,000"), ([1, None], "Amount: is not at least 1")],
)
def test_the_quarantine_names_the_range(bounds, reason):
    columns = [c.model_dump(exclude_defaults=True) for c in own_contract().columns]
    columns[3]["range"] = bounds
    done = ingest(own_texts(2, Amount=["0", "5"]), own_contract(columns=columns))
    assert done.quarantine["reason"].to_list() == [reason]
