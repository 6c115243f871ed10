"""An applicant of another contract is refused, whatever its fields are."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from bento.problems import Problem
from bento.scorer import Scorer
from bento.stated_contract import check_stated_contract
from tests.bento import packages


@pytest.fixture(scope="module")
def scorer(tmp_path_factory) -> Scorer:
    return Scorer.load(packages.make_package(tmp_path_factory.mktemp("stated") / "package", "logistic"))


def stating(contract: str) -> Request:
    return Request({"type": "http", "headers": [(b"x-contract", contract.encode())]})


def test_the_served_contract_is_accepted_by_either_name(scorer):
    for stated in ("sba/1", scorer.contract.fingerprint, scorer.contract.fingerprint[:12]):
        check_stated_contract(stating(stated), scorer)


@pytest.mark.parametrize("stated", ["sba/2", "home_credit/1", "", "f" * 64])
def test_another_contract_is_refused_by_name(scorer, stated):
    with pytest.raises(Problem) as refused:
        check_stated_contract(stating(stated), scorer)
    assert refused.value.status == 409
    assert "served is sba/1" in refused.value.detail


def test_no_contract_need_be_stated(scorer):
    check_stated_contract(Request({"type": "http", "headers": []}), scorer)
