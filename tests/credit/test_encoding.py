import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from credit.encoding import Encoding, OutcomeCounts

LEVELS = {"sector": ("trade", "food", "health")}
FEATURES = ("amount", "sector")
records = st.lists(
    st.tuples(
        st.one_of(st.none(), st.floats(-1e6, 1e6)),
        st.sampled_from(["trade", "food", "health", None]),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=40,
)


def frame(rows) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"amount": pl.Float64, "sector": pl.String, "outcome": pl.Int64}, orient="row"
    )


def counts(data: pl.DataFrame, classes: int = 2) -> OutcomeCounts:
    return OutcomeCounts.count(data, data["outcome"].to_numpy(), LEVELS, classes)


@given(records, records)
def test_counts_of_two_banks_add_up_to_those_of_the_pooled_records(one, two):
    summed = counts(frame(one)).to_vector() + counts(frame(two)).to_vector()
    assert (summed == counts(frame(one + two)).to_vector()).all()


@given(records)
def test_one_applicant_is_encoded_as_a_frame_is(rows):
    data = frame(rows)
    encoding = Encoding.fit(FEATURES, counts(data))
    single = np.array([encoding.vector(row) for row in data.iter_rows(named=True)])
    np.testing.assert_array_equal(encoding.matrix(data), single)


@given(records)
def test_an_encoding_survives_json(rows):
    encoding = Encoding.fit(FEATURES, counts(frame(rows)))
    assert Encoding.from_dict(encoding.to_dict()) == encoding


def test_a_riskier_level_stands_for_a_higher_number():
    data = frame([(1.0, "food", 1)] * 300 + [(1.0, "trade", 0)] * 300)
    values = Encoding.fit(FEATURES, counts(data)).levels["sector"]
    assert values["food"] > 0 > values["trade"] and abs(values["health"]) < 1e-9


def test_an_unknown_level_counts_as_missing():
    encoding = Encoding.fit(FEATURES, counts(frame([(1.0, None, 1), (1.0, "trade", 0)])))
    assert encoding.vector({"sector": "mars"})[1] == encoding.vector({"sector": None})[1]


def test_three_ordered_classes_are_encoded_by_their_mean():
    data = frame([(1.0, "food", 2)] * 200 + [(1.0, "trade", 0)] * 200 + [(1.0, "health", 1)] * 200)
    values = Encoding.fit(FEATURES, counts(data, 3)).levels["sector"]
    assert values["trade"] < values["health"] < values["food"]
