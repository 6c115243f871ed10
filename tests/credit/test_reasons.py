"""Reasons name what raised the risk, in words that hold for every applicant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.applicant import ApplicantReader, example_applicant
from credit.contract import Contract, load_contract
from credit.reasons import ReasonWriter, number_text, toward_worst


def ungrouped() -> Contract:
    """The contract of the SBA loans, each feature a reason of its own."""
    dump = load_contract("sba").model_dump(mode="json")
    for field in (*dump["columns"], *dump["derived"]):
        field["reason_group"] = ""
    return Contract.model_validate(dump)


CONTRACT = ungrouped()
FEATURES = CONTRACT.spec.features
READER = ApplicantReader(CONTRACT)
VALUES = READER.values(READER.check(example_applicant(CONTRACT)))
WRITER = ReasonWriter(CONTRACT, FEATURES)


def raised(**by: float) -> list[float]:
    return [by.get(name, 0.0) for name in FEATURES]


def sentences(values: dict, **by: float) -> list[str]:
    return [r.sentence for r in WRITER(raised(**by), values)]


def test_a_reason_names_feature_value_and_unit():
    assert sentences(VALUES, loan_per_employee=1.0) == [
        "Loan per employee (15,000 USD a person) raised the estimated risk."
    ]


def test_a_level_and_a_flag_are_said_in_words():
    assert sentences(VALUES, sector=2.0, creates_jobs=1.0) == [
        "Industry (accommodation and food) raised the estimated risk.",
        "Creates jobs (yes) raised the estimated risk.",
    ]


def test_a_missing_value_is_said_to_be_not_known():
    assert sentences(VALUES | {"sector": None, "employees": None}, sector=2.0, employees=1.0) == [
        "Industry (not known) raised the estimated risk.",
        "Employees (not known) raised the estimated risk.",
    ]


def test_an_amount_is_told_as_stated_and_not_as_winsorised():
    assert sentences(VALUES | {"employees": 2_500}, employees=1.0) == [
        "Employees (2,500 people) raised the estimated risk."
    ]


def test_french_contracts_speak_french():
    french = Contract.model_validate({**CONTRACT.model_dump(mode="json"), "language": "fr"})
    reasons = ReasonWriter(french, FEATURES)(raised(loan_amount=1.0, creates_jobs=0.5), VALUES)
    assert [r.sentence for r in reasons] == [
        "Loan amount approved (60\u202f000 USD) a augmenté le risque estimé.",
        "Creates jobs (oui) a augmenté le risque estimé.",
    ]


def test_ties_fall_in_the_order_of_the_contract():
    tied = dict.fromkeys(FEATURES, 0.5)
    noisy = {name: 0.5 + 1e-12 * i for i, name in enumerate(FEATURES)}
    assert [r.code for r in WRITER(raised(**tied), VALUES)] == list(FEATURES[:4])
    assert [r.code for r in WRITER(raised(**noisy), VALUES)] == list(FEATURES[:4])


@given(st.lists(st.floats(-3, 3), min_size=len(FEATURES), max_size=len(FEATURES)))
def test_only_what_raised_the_risk_is_a_reason(row):
    reasons = WRITER(row, VALUES)
    expected = sorted((v for v in row if v > 5e-8), reverse=True)
    assert [r.contribution for r in reasons] == pytest.approx(expected[:4], abs=1e-6)


def test_a_sensitive_feature_is_never_a_reason():
    dump = CONTRACT.model_dump(mode="json")
    for column in dump["columns"]:
        if column["name"] == "location":
            column["role"] = "sensitive"
    writer = ReasonWriter(Contract.model_validate(dump), FEATURES)
    assert [r.code for r in writer(raised(location=9.0, employees=1.0), VALUES)] == ["employees"]


def test_of_three_classes_the_reasons_point_to_the_worst():
    three = np.zeros((3, len(FEATURES) + 1))
    three[:, FEATURES.index("employees")] = 5.0
    three[2, FEATURES.index("location")] = 1.0
    assert [r.code for r in WRITER(toward_worst(three).tolist(), VALUES)] == ["location"]
    assert toward_worst(three)[FEATURES.index("location")] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("value", "english"),
    [(60000.0, "60,000"), (0.8, "0.8"), (0.01234, "0.0123"), (1234.56, "1,235"), (-2.5, "-2.5"), (3.0, "3")],
)
def test_numbers_read_well(value, english):
    assert number_text(value, "en") == english
