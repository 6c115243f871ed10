"""Texts are read as their column says, and no otherwise."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.fields import Column
from credit.parsing import typed_column
from credit.profiles import DATES
from credit.reading import text_reader


def read(text: str, **rule) -> object:
    column = Column.model_validate({"name": "c", "source": "C", **rule})
    return pl.DataFrame({"C": [text]}).select(typed_column(column).alias("c")).item()


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("-500", {"parse": "number", "strip": "_"}, -500.0),
        ("23_", {"parse": "number", "strip": "_"}, 23.0),
        ("__-33__", {"parse": "number", "strip": "_"}, -33.0),
        ("$60,000.00 ", {"parse": "money"}, 60000.0),
        ("($5.00)", {"parse": "money"}, -5.0),
        ("€ 1 000", {"parse": "money"}, 1000.0),
        ("inf", {"parse": "money"}, None),
        ("12,34,567.5", {"parse": "money"}, 1234567.5),
        ("30200,5", {"parse": "money"}, None),
        ("30.200,55", {"parse": "money"}, None),
        ("1,5", {"parse": "number"}, None),
        ("30.200,55 €", {"parse": "money", "decimal": ","}, 30200.55),
        ("(5,5)", {"parse": "money", "decimal": ","}, -5.5),
        ("-1.234.567", {"parse": "number", "decimal": ","}, -1234567.0),
        ("0,125", {"parse": "number", "decimal": ","}, 0.125),
        ("12.5", {"parse": "number", "decimal": ","}, None),
        ("1976A", {"parse": "year"}, 1976),
        ("22 Years and 1 Months", {"parse": "duration"}, 265.0),
        ("7 months", {"parse": "duration"}, 7.0),
        ("NA", {"parse": "duration"}, None),
        ("Auto Loan, Payday Loan, and Auto Loan", {"parse": "items"}, 2.0),
        ("!@9#%8", {"parse": "category", "levels": ["x"], "missing": ["!@9#%8"]}, None),
        ("NM", {"parse": "category", "levels": ["none"], "aliases": {"NM": "none"}}, "none"),
        ("365243", {"parse": "number", "missing": ["365243"]}, None),
    ],
)
def test_a_text_is_read_by_its_rule(text, rule, value):
    assert read(text, **rule) == value


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("parse", ["number", "money"])
@pytest.mark.parametrize(
    "text", ["1,5", "1.5", "1,500", "1.500,25", "1,500.25", "12,3,456", "0,125", "-,5", "1e3"]
)
def test_one_number_is_read_as_a_file_is(text, parse, decimal):
    column = Column.model_validate({"name": "c", "source": "C", "parse": parse, "decimal": decimal})
    found = read(text, parse=parse, decimal=decimal)
    if found is None:
        with pytest.raises(ValueError, match="is not a number"):
            text_reader(column)(text)
    else:
        assert text_reader(column)(text) == found


@pytest.mark.parametrize("form", DATES)
@pytest.mark.parametrize("fraction", ["", ".5", ".123456789"])
def test_one_date_is_read_as_a_file_is(form, fraction):
    text = datetime(2017, 11, 2, 3, 4, 5).strftime(form.replace("%.f", fraction))
    column = Column.model_validate({"name": "c", "source": "C", "parse": "date", "format": form})
    assert text_reader(column)(text) == read(text, parse="date", format=form) == date(2017, 11, 2)


@pytest.mark.parametrize("text", ["22 Years and 1 Months", "7 months", "3 years", "0 Years and 0 Months"])
def test_one_applicant_is_read_as_a_file_is(text):
    column = Column.model_validate({"name": "c", "source": "C", "parse": "duration"})
    assert text_reader(column)(text) == read(text, parse="duration")


DATE_TEXTS = st.one_of(
    st.tuples(st.integers(0, 10_000), st.integers(0, 13), st.integers(0, 33)).map(
        lambda d: "{}-{}-{}".format(*d)
    ),
    st.tuples(st.integers(0, 33), st.sampled_from(["Jan", "FEB", "mar"]), st.integers(0, 120)).map(
        lambda d: "{}-{}-{}".format(*d)
    ),
    st.integers(0, 10**20).map(lambda n: f"2001-02-03 04:05:06.{n}"),
    st.sampled_from(
        [
            "0999-01-01",
            "1000-01-01",
            "2001-02-03 04:05:06",
            "2001-02-03 04:05:06.",
            "2001-02-03 04:05:60",
            "2001-02-03 04:05:61",
        ]
    ),
)


@settings(max_examples=300, deadline=None)
@given(DATE_TEXTS, st.sampled_from(["%Y-%m-%d", "%d-%b-%y", "%Y-%m-%d %H:%M:%S%.f"]))
def test_any_date_is_read_as_a_file_is(text, form):
    column = Column.model_validate({"name": "c", "source": "C", "parse": "date", "format": form})
    assert _or_none(text_reader(column), text) == read(text, parse="date", format=form)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["2", "10", " ", "\u00a0", "\u2003", "\x1c", "and", ",", "years", "YEAR", "month", "ſ"]
        )
    )
)
def test_any_duration_is_read_as_a_file_is(parts):
    column = Column.model_validate({"name": "c", "source": "C", "parse": "duration"})
    assert _or_none(text_reader(column), "".join(parts)) == read("".join(parts), parse="duration")


def _or_none(reader, text: str) -> object:
    try:
        return reader(text)
    except ValueError:
        return None


def test_a_number_outside_a_lenient_range_is_not_known_to_the_service_either():
    column = Column.model_validate(
        {"name": "age", "source": "Age", "parse": "number", "range": [14, 100], "outside": "missing"}
    )
    assert [text_reader(column)(t) for t in ("-500", "33", "8000")] == [None, 33.0, None]
