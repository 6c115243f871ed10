"""A file's texts are read quickly, and to the same values as each text by itself."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.fields import Column
from credit.parsing import known_text, typed_column
from credit.typed import SAMPLE, parse_columns
from tests.credit.texts import own_contract

RULES = [
    {"parse": "number"},
    {"parse": "number", "strip": "_", "missing": ["365", "1_2"]},
    {"parse": "number", "strip": "e5", "missing": ["0"]},
    {"parse": "money"},
    {"parse": "money", "missing": ["$0.00", "1,0"]},
    {"parse": "money", "decimal": ","},
    {"parse": "number", "decimal": ","},
    {"parse": "year", "missing": ["1999"]},
    {"parse": "date", "format": "%d-%b-%y"},
    {"parse": "date", "format": "%Y-%m-%d", "missing": ["2001-02-28"]},
    {"parse": "duration"},
    {"parse": "items"},
    {"parse": "category", "levels": ["a", "b"], "aliases": {"Y": "a", "0": "b", "": "a"}, "missing": ["0"]},
    {"parse": "text", "aliases": {"Y": "yes"}, "missing": ["NA"]},
]
WORDS = "0,1,19,1999,365,000,.,-,+,e,E,_,$,€,£,(,),inf,nan,Y,NA,a,b,years,28,Feb,28-Feb-97,2001-02-28, ,\t,\u00a0,\n"
word = st.sampled_from([*WORDS.split(","), ",", "１９９９"])
texts = st.one_of(st.none(), st.text(max_size=5), st.lists(word, max_size=5).map("".join))


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("before", [[], [str(i) for i in range(SAMPLE)]], ids=["few", "many different texts"])
@settings(max_examples=100, deadline=None)
@given(st.lists(texts, min_size=1, max_size=20))
def test_a_file_is_read_as_each_text_is(before, rule, found):
    found = before + found
    column = Column.model_validate({"name": "amount", "source": "Amount", "role": "input", **rule})
    others = [c for c in own_contract().columns if c.name != "amount"]
    contract = own_contract(columns=[*others, column])
    raw = pl.DataFrame(
        {c.source: [""] * len(found) for c in others} | {"Amount": pl.Series(found, dtype=pl.String)}
    )
    typed = parse_columns(raw, contract)
    values = raw.select(typed_column(column).alias("amount")).to_series()
    assert typed.records["amount"].equals(values, null_equal=True)
    known = raw.select(known_text(column).is_not_null()).to_series()
    unreadable = typed.unreadable.get("amount", pl.Series([], dtype=pl.UInt32))
    assert unreadable.to_list() == (known & values.is_null()).arg_true().to_list()
