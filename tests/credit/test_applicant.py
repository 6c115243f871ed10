"""An applicant over the service is read exactly as a record of a file is."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.applicant import ApplicantError, ApplicantReader, applicant_from_source, example_applicant
from credit.contract import load_contract
from credit.ingestion import ingest
from credit.made_up import made_up_applicants
from tests.credit.texts import own_contract

OWN = [c.model_dump() for c in own_contract().columns]
CONTRACT = load_contract("sba")
READER = ApplicantReader(CONTRACT)
APPLICANT = example_applicant(CONTRACT)

messy_number = st.one_of(
    st.integers(-10, 20_000).map(str),
    st.floats(-5, 3e7, allow_nan=False).map(repr),
    st.sampled_from(["", " ", "nan", "inf", "1e3", "١", "7\x1f", " 12 ", "0x1", "1_000", ".5", "--1"]),
)
messy_money = st.one_of(
    st.integers(0, 3_000_000).map(lambda n: f"${n:,}.00 "),
    st.sampled_from(["($5.00)", "()", "", "€ 1 000", "$", "."]),
)
raw_records = st.fixed_dictionaries(
    {
        "State": st.sampled_from(["CA", " ny", "NY ", "XX", ""]),
        "BankState": st.sampled_from(["CA", "NC", ""]),
        "NAICS": st.sampled_from(["722110", "0", "", "31", "99", "4", "445"]),
        "NoEmp": messy_number,
        "NewExist": st.sampled_from(["1", "2", "0", "", "existing", "3"]),
        "CreateJob": messy_number,
        "RetainedJob": messy_number,
        "FranchiseCode": st.sampled_from(["0", "1", "", "15100"]),
        "UrbanRural": st.sampled_from(["1", "2", "0", "rural"]),
        "RevLineCr": st.sampled_from(["Y", "N", "0", "T", "", "`"]),
        "LowDoc": st.sampled_from(["Y", "N", "C", ""]),
        "GrAppv": messy_money,
        "SBA_Appv": messy_money,
    }
)
REST = {c.source: "" for c in CONTRACT.columns} | {
    "Bank": "A BANK",
    "MIS_Status": "P I F",
    "ApprovalFY": "2003",
}


def by_service(raw: dict[str, str]) -> dict | None:
    try:
        applicant = READER.check(applicant_from_source(CONTRACT, raw))
        return READER.features(READER.values(applicant))
    except ApplicantError:
        return None


def by_file(raws: list[dict[str, str]]) -> list[dict | None]:
    numbered = [REST | raw | {"LoanNr_ChkDgt": str(i)} for i, raw in enumerate(raws)]
    records = ingest(pl.DataFrame(numbered), CONTRACT).records
    kept = dict(zip(records["row"], records.select(CONTRACT.spec.features).rows(named=True), strict=True))
    return [kept.get(i) for i in range(len(raws))]


@settings(max_examples=25, deadline=None)
@given(st.lists(raw_records, min_size=40, max_size=60))
def test_an_applicant_has_the_features_of_the_same_record_in_a_file(raws):
    assert [by_service(raw) for raw in raws] == by_file(raws)


def test_the_example_of_the_contract_is_a_valid_applicant():
    features = READER.features(READER.values(READER.check(APPLICANT)))
    assert features["loan_per_employee"] == 15_000.0
    assert features["sector"] == "72"


def test_aliases_and_levels_mean_the_same():
    assert READER.check({**APPLICANT, "business_age": "2"}) == READER.check(
        {**APPLICANT, "business_age": "new"}
    )


def faults(change: dict) -> list[tuple[str, str]]:
    fields = {k: v for k, v in {**APPLICANT, **change}.items() if v is not ...}
    with pytest.raises(ApplicantError) as caught:
        READER.values(READER.check(fields))
    return [(f.field, f.rule) for f in caught.value.faults]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"loan_amount": ...}, [("loan_amount", "missing")]),
        ({"loan_amount": None}, [("loan_amount", "missing")]),
        ({"loan_amount": "60000"}, [("loan_amount", "type")]),
        ({"loan_amount": True}, [("loan_amount", "type")]),
        ({"loan_amount": [1]}, [("loan_amount", "type")]),
        ({"employees": -1}, [("employees", "range")]),
        ({"employees": 1e300}, [("employees", "range")]),
        ({"location": "moon"}, [("location", "book")]),
        ({"location": 1}, [("location", "type")]),
        ({"colour": "red"}, [("colour", "unknown")]),
        ({"naics": "990000"}, [("sector", "book")]),
        ({"guaranteed_amount": 70_000}, [("guaranteed_share", "range"), ("guaranteed_amount, loan_amount", "rule")]),
    ],
)  # fmt: skip
def test_what_is_wrong_names_field_and_rule(change, expected):
    assert faults(change) == expected


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_numbers_that_are_none_are_refused(number):
    with pytest.raises(ApplicantError) as caught:
        READER.parse(f'{{"loan_amount": {number}, "guaranteed_amount": 1}}')
    assert {f.field for f in caught.value.faults} <= {"loan_amount", "body"}


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"3", b"{", b"\xff\xfe", b'{"a":' * 400, b'"\\ud800"'])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(ApplicantError) as caught:
        READER.parse(body)
    assert [(f.field, f.rule) for f in caught.value.faults] == [("body", "json")]


def test_a_message_never_repeats_a_value():
    with pytest.raises(ApplicantError) as caught:
        READER.check({**APPLICANT, "location": "secret-place", "employees": 123_456.5, "naics": 987_654})
    assert not any(value in str(caught.value) for value in ("secret-place", "123456", "123,456", "987654"))


def test_the_schema_names_unit_range_levels_and_example():
    fields = READER.model.model_json_schema()["properties"]
    assert fields["loan_amount"]["unit"] == "USD"
    assert (fields["loan_amount"]["minimum"], fields["loan_amount"]["maximum"]) == (1, 10_000_000)
    assert fields["business_age"]["enum"] == ["existing", "new", "1", "2", "0", None]
    assert fields["employees"]["examples"] == [4]


def test_a_year_has_four_digits_as_in_a_file():
    reader = ApplicantReader(own_contract(columns=[*OWN, {"name": "built", "source": "B", "parse": "year"}]))
    assert reader.check({"built": 1999}).built == 1999
    for built in (-1, 10_000, 10**400):
        with pytest.raises(ApplicantError, match="Built must be"):
            reader.check({"built": built})


@pytest.mark.parametrize(
    "column",
    [
        {"parse": "year", "example": 1999},
        {"parse": "year", "required": True},
        {"parse": "year", "required": True, "range": [1900, 2030]},
        {"parse": "number", "required": True, "range": [None, 10]},
        {"parse": "number", "required": True, "range": [None, None]},
        {"parse": "date", "required": True, "role": "input"},
        {"parse": "text", "required": True, "role": "input"},
    ],
    ids=str,
)
def test_the_page_s_example_is_accepted_and_varied(column):
    derived = [{"name": "told", "sql": "x is not null"}]
    contract = own_contract(columns=[*OWN, {"name": "x", "source": "X", **column}], derived=derived)
    example = example_applicant(contract)
    ApplicantReader(contract).check(example)
    assert example["x"] is not None
    assert len(made_up_applicants(contract, 2, 0)) == 2


@pytest.mark.parametrize(
    "told", ["2000-13-01", "1-1-2000", "0999-01-01", 20000101, True, None, ["2000-01-01"]]
)
def test_a_required_date_is_a_date(told):
    column = {"name": "x", "source": "X", "parse": "date", "role": "input", "required": True}
    contract = own_contract(columns=[*OWN, column], derived=[{"name": "told", "sql": "x is not null"}])
    with pytest.raises(ApplicantError, match="X must be|X is required"):
        ApplicantReader(contract).check({"x": told})


@pytest.mark.parametrize("bound", [{"outside": "missing"}, {"range": [0, 1]}, {"clip": [0, 1]}], ids=str)
@pytest.mark.parametrize(
    "parse", [{"parse": "category", "levels": ["x"]}, {"parse": "text"}, {"parse": "date"}]
)
def test_only_a_number_has_bounds(parse, bound):
    with pytest.raises(ValueError, match="`range`, `clip` and `outside` are of numbers"):
        own_contract(columns=[*OWN, {"name": "x", "source": "X", "role": "input", **parse, **bound}])


def described(name: str) -> str:
    return READER.model.model_json_schema()["properties"][name]["description"]


@pytest.mark.parametrize("name", ["state", "revolving_credit", "low_doc"])
def test_a_text_outside_the_book_counts_as_not_known_where_the_page_says_so(name):
    assert getattr(READER.check({**APPLICANT, name: "elsewhere"}), name) is None
    assert described(name).endswith("any other text counts as not known")


@pytest.mark.parametrize("name", ["business_age", "location"])
def test_a_text_outside_the_book_is_refused_where_the_page_says_so(name):
    with pytest.raises(ApplicantError, match="must be one of "):
        READER.check({**APPLICANT, name: "elsewhere"})
    assert described(name).endswith("any other text is refused")


def test_no_identity_leak_or_bank_is_asked_for():
    assert not {"borrower", "loan_number", "bank", "term", "loan_status"} & set(READER.model.model_fields)
