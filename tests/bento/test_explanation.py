"""Explanations add up to the score, and what-ifs turn the decision."""

from __future__ import annotations

import math

import pytest

from bento.counterfactual import changeable, find_change
from bento.customers import Customers
from bento.explanation import explain, shap_values
from bento.problems import Problem
from bento.scorer import Scorer
from credit.errors import DataError
from tests.bento import packages


@pytest.fixture(scope="module", params=["lightgbm", "catboost", "logistic"])
def scorer(request, tmp_path_factory) -> Scorer:
    return Scorer.load(packages.make_package(tmp_path_factory.mktemp("made") / "package", request.param))


def test_contributions_add_up_to_the_log_odds(scorer):
    for applicant in packages.applicants():
        shap = shap_values(scorer.shared, scorer.values(applicant))
        pd = scorer.score(applicant, reasons=False).pd
        assert shap.base_value + sum(shap.values) == pytest.approx(math.log(pd / (1 - pd)), abs=1e-6)


def test_an_explanation_names_the_features_as_the_model_read_them(scorer):
    explanation = explain(scorer, scorer.shared, scorer.reader.check(packages.applicants(1)[0]), None)
    assert list(explanation.features) == list(packages.contract().spec.features)
    assert explanation.shap.feature_names == list(explanation.features)


def test_a_what_if_turns_the_decision_and_keeps_the_contract(scorer):
    columns = changeable(scorer, None)
    found = 0
    for applicant in packages.applicants():
        before = scorer.score(applicant)
        change = find_change(scorer, scorer.shared, scorer.reader.check(applicant), columns)
        if change:
            found += 1
            after = scorer.score({**applicant, **change.changes})
            assert after.decision == change.decision != before.decision
            assert after.pd == pytest.approx(change.pd, abs=1e-12)
            assert set(change.changes) <= {"loan_amount", "guaranteed_amount"}
    assert found


def test_only_fields_of_an_applicant_may_change(scorer):
    with pytest.raises(DataError, match="hair"):
        changeable(scorer, ["hair"])
    with pytest.raises(DataError, match="at most 4"):
        changeable(scorer, list(packages.applicants(1)[0])[:5])


def test_the_sample_is_scored_by_the_model_that_serves(scorer):
    customers, applicants = Customers(scorer), packages.applicants(8)
    assert customers.ids().customer_ids == [f"a{i}" for i in range(8)]
    assert customers.score("a3").probability_pos == scorer.score(applicants[3]).pd
    dashboard = customers.dashboard("a3")
    assert (dashboard.score, dashboard.shap) == (customers.score("a3"), customers.shap("a3"))


def test_the_strongest_features_are_four_and_by_strength(scorer):
    customers = Customers(scorer)
    shap = dict(zip(customers.shap("a1").feature_names, customers.shap("a1").values, strict=True))
    strengths = [abs(shap[f]) for f in customers.features("a1")]
    assert len(strengths) == 4
    assert strengths == pytest.approx(sorted(strengths, reverse=True), abs=1e-6)


def test_an_unknown_customer_is_a_problem(scorer):
    with pytest.raises(Problem, match="no such customer"):
        Customers(scorer).score("nobody")
