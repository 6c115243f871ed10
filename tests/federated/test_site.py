import json

import numpy as np
import polars as pl
import pytest
from flwr.app import RecordDict

from credit.encoding import Encoding
from credit.errors import FederationError
from credit.models.logistic import feature_moments
from federated import messages
from federated.agreement import Agreement, base_margin, logged_mask
from federated.learners import params_of
from federated.site import BankSite, outcome_counts
from tests.federated.banks import make_bank, make_banks, make_spec

SPEC = make_spec()


def pooled(banks):
    return pl.concat([b.train for b in banks])


def encoding_of(banks):
    return Encoding.fit(SPEC.features, outcome_counts(pooled(banks), SPEC))


def agreed(site, family="lightgbm", **changes):
    counts = outcome_counts(site.records.train, SPEC)
    encoding = Encoding.fit(SPEC.features, counts)
    agreement = Agreement(family, encoding, base_margin(counts.outcomes), 0, params_of(family), **changes)
    site.answer("agree", messages.pack(agreement=agreement.to_json()))
    return site


def test_counts_of_banks_add_up_to_those_of_the_pooled_records():
    banks = make_banks(100, 250)
    vectors = [messages.sums(BankSite(b, SPEC).answer("counts", RecordDict())) for b in banks]
    assert np.array_equal(np.sum(vectors, axis=0), outcome_counts(pooled(banks), SPEC).to_vector())


def test_moments_of_banks_add_up_to_those_of_the_pooled_records():
    banks = make_banks(100, 250)
    encoding = encoding_of(banks)
    question = messages.pack(encoding=json.dumps(encoding.to_dict()))
    vectors = [messages.sums(BankSite(b, SPEC).answer("moments", question)) for b in banks]
    expected = feature_moments(encoding.matrix(pooled(banks)), logged_mask(SPEC))
    assert np.allclose(np.sum(vectors, axis=0), expected, rtol=1e-12)


def test_a_bank_tells_its_name_contract_and_numbers_of_records():
    answer = messages.config(BankSite(make_bank("north", 100), SPEC).answer("identity", RecordDict()))
    assert answer == {
        "name": "north",
        "contract": "sha256:1",
        "train": 100,
        "validation": 50,
        "test": 50,
    }


def test_a_bank_without_an_agreement_says_so():
    with pytest.raises(
        FederationError,
        match="bank north holds no agreement for a message of kind 'propose'",
    ):
        BankSite(make_bank("north"), SPEC).answer("propose", messages.pack({}, start=0, trees=1))


def test_deltas_that_do_not_follow_on_are_refused():
    site = agreed(BankSite(make_bank("north"), SPEC))
    with pytest.raises(FederationError, match="deltas after round 3 came, but this bank holds round 0"):
        site.answer("propose", messages.pack({}, start=3, trees=1))


def test_an_agreement_survives_its_message():
    banks = make_banks(100)
    agreement = Agreement("catboost", encoding_of(banks), (0.1 + 0.2,), 7, params_of("catboost"))
    assert Agreement.from_json(agreement.to_json()) == agreement


@pytest.mark.parametrize("kind", ["counts", "propose", "losses"])
def test_the_size_of_an_answer_does_not_grow_with_the_records(kind):
    sizes = []
    for n in (2000, 20000):
        site = agreed(BankSite(make_bank("north", n), SPEC))
        sizes.append(messages.size(site.answer(kind, messages.pack({}, start=0, trees=1))))
    assert sizes[1] < 1.1 * sizes[0]


def test_one_class_gives_a_finite_base():
    assert np.isfinite(base_margin(np.array([10.0, 0.0]))).all()


def test_base_margins_of_three_classes_are_their_log_shares():
    assert np.exp(base_margin(np.array([10.0, 30.0, 60.0]))) == pytest.approx([0.1, 0.3, 0.6])
