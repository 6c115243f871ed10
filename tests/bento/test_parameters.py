"""A query string holds the parameters of its endpoint, each once and with a value."""

from __future__ import annotations

import pytest

from bento.endpoints.predict import BANK, REASONS
from bento.parameters import QueryCheck
from bento.problems import Problem
from bento.stated_contract import PARAMETER as HEADER

CHECK = QueryCheck((REASONS, BANK, HEADER))


@pytest.mark.parametrize("query", [b"", b"bank=pnc", b"reasons=false&bank=bank%20of%20the%20west", b"&"])
def test_what_the_endpoint_takes_passes(query):
    CHECK(query)


def test_the_parameters_there_are_are_named():
    with pytest.raises(Problem) as raised:
        CHECK(b"X-Contract=sba")
    (fault,) = raised.value.faults
    assert fault.message == "X-Contract is not a parameter of this endpoint: there are bank, reasons"


def test_what_is_required_is_missed_where_nothing_is_asked():
    with pytest.raises(Problem) as raised:
        QueryCheck([{"name": "feat_x", "in": "query", "required": True}])(b"")
    assert [(f.field, f.rule) for f in raised.value.faults] == [("feat_x", "missing")]


def test_everything_wrong_is_named_each_time_it_is_asked():
    for _ in range(2):
        with pytest.raises(Problem, match="3 parameters are wrong") as raised:
            CHECK(b"bnak=a&bank=b&bank=&reasons")
        assert [(f.field, f.rule) for f in raised.value.faults] == [
            ("bnak", "unknown"), ("bank", "repeated"), ("reasons", "missing"),
        ]  # fmt: skip
