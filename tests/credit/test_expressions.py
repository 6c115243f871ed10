"""A derived column has one meaning: over a file, of one applicant, and of a batch of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.column_expressions import compile_columns
from credit.expressions import Expression
from credit.file_expressions import as_read, over_columns
from credit.kinds import Kind, kind_of
from tests.credit.texts import own_contract

KINDS: dict[str, Kind] = {"a": "number", "b": "number", "y": "number", "s": "text", "t": "text", "d": "date"}
TYPES = {"a": pl.Float64, "b": pl.Float64, "y": pl.Int64, "s": pl.String, "t": pl.String, "d": pl.Date}


def by_file(tree: Any, rows: list[dict]) -> list:
    records = as_read(pl.DataFrame(rows, schema=TYPES).lazy())
    return (
        records.with_columns(over_columns(tree).alias("found")).select("found").collect()["found"].to_list()
    )


def by_applicant(tree: Any, rows: list[dict]) -> list:
    return [Expression(tree).compile()(row) for row in rows]


def by_batch(tree: Any, rows: list[dict]) -> list:
    return compile_columns(tree)({name: [row[name] for row in rows] for name in TYPES}, len(rows))


numbers = st.sampled_from([None, 0.0, -0.0, 1.0, 2.0, -1.5, 0.1, 1e-300, 1e308, -1e308]) | st.none() | st.floats(
    allow_nan=False, allow_infinity=False
)  # fmt: skip
words = st.sampled_from([None, "", "CA", "straße", "e\u0301", "é", "\U00010d70", "𝔘ni", " CA"]) | st.text(
    max_size=3
)
years = st.none() | st.integers(1, 9999)
dates = st.none() | st.sampled_from([date(1999, 12, 31), date(2000, 1, 1)])
row = st.fixed_dictionaries({"a": numbers, "b": numbers, "y": years, "s": words, "t": words, "d": dates})


def call(form: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda given: form.format(*given))


number = st.deferred(
    lambda: (
        st.sampled_from(["a", "b", "y", "0", "1", "2.5", "1e300", "- 3"])
        | call("({} {} {})", number, st.sampled_from("+-*/"), number)
        | call("{}({})", st.sampled_from(["abs", "ln", "sqrt", "floor", "-"]), number)
        | call("{}({}, {})", st.sampled_from(["greatest", "least", "nullif", "coalesce"]), number, number)
        | call("length({})", text)
        | call("case when {} then {} when {} then null else {} end", truth, number, truth, number)
        | call("case {} when {} then {} when {} then {} end", text, text, number, text, number)
        | call("case {} when {} then {} else {} end", number, number, number, number)
    )
)
text = st.deferred(
    lambda: (
        st.sampled_from(["s", "t", "''", "'CA'", "'é'", "'it''s'"])
        | call("upper({})", text)
        | call("substr({}, {})", text, st.sampled_from(["1", "2", "2, 0", "1, 2", "4, 9"]))
        | call("{}({}, {})", st.sampled_from(["nullif", "coalesce"]), text, text)
        | call("case when {} then {} else {} end", truth, text, text)
    )
)
compared = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
truth = st.deferred(
    lambda: (
        call("({} {} {})", number, compared, number)
        | call("({} {} {})", text, compared, text)
        | call("(d {} nullif(d, d))", compared)
        | call("({} {} {})", truth, st.sampled_from(["and", "or"]), truth)
        | call("(not {})", truth)
        | call(
            "({} {} in ({}, {}))",
            number,
            st.sampled_from(["", "not"]),
            number,
            st.sampled_from(["1", "null", "a"]),
        )
        | call("({} in ({}, 'CA', {}))", text, text, st.sampled_from(["null", "''"]))
        | call("({} {} between {} and {})", number, st.sampled_from(["", "not"]), number, number)
        | call("({} is {} null)", number | text | truth, st.sampled_from(["", "not"]))
        | call("({} is {} {})", truth, st.sampled_from(["", "not"]), st.sampled_from(["true", "false"]))
    )
)


@settings(max_examples=400, deadline=None)
@given(number | text | truth, st.lists(row, min_size=1, max_size=8))
def test_a_file_an_applicant_and_a_batch_give_the_same_value(sql, rows):
    tree = Expression.parse(sql).tree
    kind_of(tree, KINDS)
    assert by_file(tree, rows) == by_applicant(tree, rows) == by_batch(tree, rows)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("case s when 'CA' then 1 when 'NY' then 2 else 0 end", [1, 2, 0]),
        ("case s when 'CA' then 1 end", [1, None, None]),
        ("case when s = 'CA' then 1 when s is null then 2 end", [1, None, 2]),
        ("(a > 1) is true", [False, True, False]),
        ("(a > 1) is not true", [True, False, True]),
        ("(a > 1) is false", [True, False, False]),
        ("(a > 1) is null", [False, False, True]),
        ("a is not null", [True, True, False]),
        ("nullif(a, b)", [None, 3, None]),
        ("nullif(b, b)", [None, None, None]),
        ("a / b", [None, None, None]),
        ("case when b / a > 0.5 then 1 else 0 end", [0, 0, 0]),
        ("coalesce(1 / a, 9)", [9, 1 / 3, 9]),
        ("floor(a / 2)", [0, 1, None]),
        ("a * 1e308 * 10", [0, None, None]),
        ("ln(a) is null", [True, False, True]),
        ("greatest(a, 1 / a, 1)", [1, 3, 1]),
        ("a in (3, null)", [None, True, None]),
        ("a not in (0, 1)", [False, True, None]),
        ("a between 1 and 3", [False, True, None]),
        ("a between b and 3", [True, None, None]),
        ("a between b and 2", [True, False, None]),
        ("not a > 1", [True, False, None]),
        ("1 + a * 2 - 4 / 2", [-1, 5, None]),
        ("y / 2", [1000.5, 1002, None]),
        ("length(s) - length('abc')", [-1, -1, None]),
        ("substr(s, 2)", ["A", "Y", None]),
        ("substr(s, 1, 1)", ["C", "N", None]),
        ("upper('ß')", ["SS", "SS", "SS"]),
    ],
)  # fmt: skip
def test_it_means_what_sql_says(sql, expected):
    rows = [
        {"a": 0.0, "b": 0.0, "y": 2001, "s": "CA", "t": "", "d": None},
        {"a": 3.0, "b": None, "y": 2004, "s": "NY", "t": "", "d": None},
        {"a": None, "b": 0.0, "y": None, "s": None, "t": "", "d": None},
    ]
    tree = Expression.parse(sql).tree
    kind_of(tree, KINDS)
    assert by_file(tree, rows) == by_applicant(tree, rows) == by_batch(tree, rows) == expected


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("a + s", r"\+ takes a number, and s is a text"),
        ("a > s", "> takes values of one kind, not a, a number and s, a text"),
        ("d > '2000-01-01'", "> takes values of one kind"),
        ("d - d", "- takes a number, and d is a date"),
        ("case when a then 1 end", "WHEN takes a truth, and a is a number"),
        ("case when a > 1 then 1 else 'x' end", "CASE takes values of one kind"),
        ("a > 1 is null", "> takes values of one kind"),
        ("a = null", "= with NULL is always missing: write IS NULL"),
        ("case s when null then 1 end", "write IS NULL"),
        ("null in (1, a)", "write IS NULL"),
        ("case when a > 1 then null end", "is always missing"),
        ("1 + null", r"\+ takes a number, and NULL is none"),
        ("a is true", "IS TRUE takes a truth"),
        ("substr(s, 0, 2)", "SUBSTR takes a start from 1"),
        ("substr(s, y)", "SUBSTR takes a start from 1"),
        ("floor(a, 2)", "outside the subset"),
        ("a in (select 1)", "outside the subset"),
        ("a in ()", "outside the subset"),
        ("a between symmetric 3 and 1", "outside the subset"),
        ("other.a", "outside the subset"),
        ("a < 1e400", "outside the subset"),
        ("a; b", "outside the subset"),
        ("s like 'C%'", "outside the subset"),
        ("a +", "is not a SQL expression"),
    ],
)
def test_what_can_not_be_held_to_agree_is_refused(sql, told):
    with pytest.raises(ValueError, match=told):
        kind_of(Expression.parse(sql).tree, KINDS)


@pytest.mark.parametrize(
    ("derived", "told"),
    [
        ({"sql": "upper(kind)"}, "gives a text, and must give a number or a truth"),
        ({"sql": "amount", "levels": ["1"]}, "gives a number, and must give a text"),
        ({"sql": "amount * kind"}, r"derived wrong: 'amount \* kind' can't be computed: "),
    ],
)
def test_a_contract_tells_which_derived_column_gives_another_kind(derived, told):
    with pytest.raises(ValueError, match=told):
        own_contract(derived=[{"name": "wrong", **derived}])


def test_a_contract_tells_which_rule_is_none():
    with pytest.raises(ValueError, match="rule 'small': 'kind > 2' can't be computed"):
        own_contract(rules=[{"sql": "kind > 2", "message": "small"}])
    with pytest.raises(ValueError, match="rule 'small': 'amount' gives a number, and must give a truth"):
        own_contract(rules=[{"sql": "amount", "message": "small"}])
