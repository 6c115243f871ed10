"""Features of one group are one reason, that costs what they cost together."""

from __future__ import annotations

import pytest

from credit.contract import Contract, load_contract
from credit.reasons import ReasonWriter

SYNTHETIC = load_contract("synthetic")
FEATURES = SYNTHETIC.spec.features
VALUES = {"amount": 25000.0, "amount_to_income": 0.5, "debt": 8000.0, "late_payments": 2.0}


def raised(**by: float) -> list[float]:
    return [by.get(f, 0.0) for f in FEATURES]


def reasons(contract: Contract = SYNTHETIC, **by: float):
    return ReasonWriter(contract, FEATURES)(raised(**by), VALUES, rate=-20)


def test_a_group_is_told_once_by_its_strongest_feature():
    told = reasons(amount=0.2, amount_to_income=0.3, late_payments=0.4)
    assert [(r.code, r.group) for r in told] == [
        ("amount_to_income", "Size of the loan"),
        ("late_payments", ""),
    ]
    assert told[0].contribution == pytest.approx(0.5) and told[0].points == pytest.approx(-10)


def test_a_group_that_lowers_the_risk_as_a_whole_is_no_reason():
    assert reasons(amount=0.2, amount_to_income=-0.3) == ()


def test_equal_groups_are_told_in_the_contracts_order():
    told = reasons(amount=0.2, debt=0.2, late_payments=0.2)
    assert [r.code for r in told] == ["amount", "debt", "late_payments"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "raised the estimated risk"), ("fr", "a augmenté le risque")]
)
def test_reasons_speak_the_contracts_language(language, words):
    contract = Contract.model_validate({**SYNTHETIC.model_dump(mode="json"), "language": language})
    assert words in reasons(contract, amount=0.2)[0].sentence


def test_a_sensitive_feature_is_never_a_reason():
    writer = ReasonWriter(SYNTHETIC, (*FEATURES, "age_group"))
    assert [r.code for r in writer([*raised(amount=0.1), 5.0], VALUES)] == ["amount"]
