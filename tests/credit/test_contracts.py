"""The shipped contracts read the data sets they were written for."""

from __future__ import annotations

import polars as pl
import pytest

from credit.applicant import applicant_from_source
from credit.contract import SHIPPED, load_contract
from credit.fields import Role
from credit.ingestion import ingest
from credit.leaks import leak_findings
from credit.limits import fitted_limits
from credit.splits import with_parts
from tests.credit.texts import own_contract, own_texts, sample

CREDIT_SCORE, HOME_CREDIT = (
    "kaggle_credit_score_sample.parquet",
    "home_credit_application_train_sample.parquet",
)


@pytest.mark.parametrize("name", sorted(p.stem for p in SHIPPED.glob("*.yaml")))
def test_a_shipped_contract_is_whole(name):
    contract = load_contract(name)
    assert contract.name == name
    assert all(f.label for f in contract.features)


@pytest.mark.parametrize(("name", "file"), [("credit_score", CREDIT_SCORE), ("home_credit", HOME_CREDIT)])
def test_a_sample_is_kept_whole_and_nothing_leaks(name, file):
    contract, texts = load_contract(name), sample(file)
    done = ingest(texts, contract)
    assert done.quarantine.is_empty()
    assert not [f for f in leak_findings(done.records, contract.features) if f.blocks]


def test_impossible_ages_are_not_known_and_no_age_has_lost_its_sign():
    texts = sample(CREDIT_SCORE)
    records = ingest(texts, load_contract("credit_score")).records
    impossible = texts["Age"].str.replace("_", "").cast(pl.Int64).is_between(14, 100).not_().sum()
    assert records["age"].null_count() == impossible > 0
    assert records["age"].min() >= 14


def test_history_and_loan_types_are_numbers():
    records = ingest(sample(CREDIT_SCORE), load_contract("credit_score")).records
    raw = sample(CREDIT_SCORE)
    first = raw["Credit_History_Age"].str.extract_all(r"\d+").list.eval(pl.element().cast(pl.Int64))[0]
    assert records["history_months"][0] == first[0] * 12 + first[1]
    assert records["loan_types"].max() <= 9


def test_the_limits_of_credit_score_are_those_of_its_training_records():
    texts, contract = sample(CREDIT_SCORE), load_contract("credit_score")
    fitted = fitted_limits(texts, contract, [c.name for c in contract.columns if c.clip], seed=7)
    assert fitted == {c.name: c.clip for c in contract.columns if c.clip}


def test_limits_are_fitted_as_if_the_contract_had_none():
    texts = own_texts(1000, Amount=[f"${i}.00" for i in range(1000)])
    fitted = [
        fitted_limits(texts, own_contract(columns=columns), ["amount"], seed=0)
        for columns in (
            [
                c.model_dump() | {"clip": clip} if c.name == "amount" else c.model_dump()
                for c in own_contract().columns
            ]
            for clip in (None, (300.0, 400.0))
        )
    ]
    assert fitted[0] == fitted[1]


def test_the_split_of_credit_score_is_by_customer():
    contract = load_contract("credit_score")
    texts = sample(CREDIT_SCORE).head(200)
    months = pl.concat([texts.with_columns(pl.col("ID") + str(m)) for m in range(8)])
    parted = with_parts(ingest(months, contract).records, contract, 7)
    assert parted.group_by("customer").agg(pl.col("part").n_unique())["part"].max() == 1


def test_ratios_and_sentinels_of_home_credit():
    contract, texts = load_contract("home_credit"), sample(HOME_CREDIT)
    records = ingest(texts, contract).records
    assert records["years_employed"].null_count() == (texts["DAYS_EMPLOYED"] == "365243").sum() > 0
    assert records["age"].is_between(18, 75).all()
    assert {
        "payment_rate",
        "annuity_to_income",
        "income_to_credit",
        "debt_to_income",
        "credit_per_person",
    } <= set(contract.spec.features)
    assert records["organisation"].null_count() == (texts["ORGANIZATION_TYPE"] == "XNA").sum()


def test_sex_is_for_fairness_alone():
    contract = load_contract("home_credit")
    assert contract.fields["sex"].role is Role.SENSITIVE
    assert "sex" not in contract.spec.features
    assert "sex" not in {c.name for c in contract.applicant_columns}


def test_a_row_without_outcome_is_an_applicant():
    row = sample(HOME_CREDIT).drop("TARGET").row(0, named=True)
    assert applicant_from_source(load_contract("home_credit"), row)["credit"] == float(row["AMT_CREDIT"])
