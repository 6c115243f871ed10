"""Applicants that nobody is can be shown in records' place."""

from __future__ import annotations

import pytest

from credit.applicant import ApplicantReader
from credit.contract import load_contract
from credit.made_up import applicant_features, made_up_applicants


@pytest.mark.parametrize("name", ["sba", "synthetic", "credit_score", "home_credit"])
def test_made_up_applicants_are_accepted_by_their_contract_and_differ(name):
    contract, reader = load_contract(name), ApplicantReader(load_contract(name))
    made = made_up_applicants(contract, 30, seed=7)
    assert all(reader.values(reader.check(applicant)) for applicant in made)
    assert len({str(applicant) for applicant in made}) > 15
    assert applicant_features(contract, made).columns == [f.name for f in contract.features]


def test_the_same_seed_makes_the_same_applicants_up():
    contract = load_contract("sba")
    assert made_up_applicants(contract, 5, seed=7) == made_up_applicants(contract, 5, seed=7)
