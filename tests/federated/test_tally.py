"""Additive figures by message equal those of the pooled records, and are held to what records can give."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from credit.calibration import UNCALIBRATED
from credit.errors import FederationError
from credit.points import PointsScale
from credit.policy import ScorePolicy
from credit.scorecard import FrameSums, train_scorecard
from credit.scoring import Scoring
from federated import messages
from federated.figures import FIGURES, Question, figure_named
from federated.figures.own import OwnPart
from federated.figures.shap import SAMPLE
from federated.privacy.masking import MaskingTerms
from federated.privacy.noise import NoiseTerms, noised_answer
from federated.scorecard import BankSums
from federated.site import BankSite
from federated.tally import Tally
from federated.training import inprocess_grid
from tests.federated.banks import make_bank, make_banks, make_spec
from tests.federated.test_rounds import Damaged, grid_of, sites_of
from tests.federated.test_training import trained

SPEC, TERMS = make_spec(), MaskingTerms(min_banks=3)
BANKS = make_banks(200, 150, 250)
SCORING = Scoring(PointsScale(ScorePolicy(), UNCALIBRATED), 0.3).to_dict()


@pytest.fixture(scope="module")
def model():
    return trained("lightgbm", BANKS, rounds=2).model


def asked(name, model, part="test", spec=SPEC):
    """A question on each figure that can be asked of the model."""
    if name == "newton":
        card = train_scorecard(FrameSums([b.train for b in BANKS], spec), spec)
        return Question(name, part, card, {"weights": [0.1] * (len(spec.features) + 1)})
    terms = {
        "decisions": {"scoring": SCORING},
        "groups": {"scoring": SCORING, "groups": {"sector": ["farming", "retail"], "bank": []}},
        "shap": {"seed": 1},
    }
    return Question(name, part, None if name == "bins" else model, terms.get(name, {}))


def tally_of(banks=BANKS, masking=None, spec=SPEC):
    return Tally.of_grid(inprocess_grid(banks, spec, masking=masking), spec, masking=masking)


def sums_of(question, tally):
    return tally(question.figure, question.part, question.model, **question.terms)


def pooled(question, spec=SPEC):
    frame = pl.concat([bank.part(question.part) for bank in BANKS])
    return FIGURES[question.figure].of(OwnPart("", frame, spec, question.model), question)


@pytest.mark.parametrize("masking", [None, TERMS], ids=["clear", "masked"])
@pytest.mark.parametrize("name", [name for name in FIGURES if name != "margins"])
def test_the_sums_of_banks_are_those_of_the_pooled_records(name, masking, model):
    question = asked(name, model)
    found = sums_of(question, tally_of(masking=masking))
    np.testing.assert_allclose(found.total, pooled(question), rtol=1e-9, atol=1e-6)
    assert set(found.by_bank) == (set() if masking else {bank.name for bank in BANKS})


def test_margins_add_up_over_the_halves_of_each_bank(model):
    # Each bank halves its records in turn, so only both halves together are those of the pooled records.
    question = asked("margins", model)
    found = sums_of(question, tally_of()).total
    halves = [v.reshape(2, -1).sum(axis=0) for v in (found, pooled(question))]
    np.testing.assert_allclose(*halves, atol=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", FIGURES)
def test_no_record_adds_more_than_its_span(name, n_classes):
    spec, banks = make_spec(n_classes), make_banks(200, n_classes=n_classes)
    model = trained("lightgbm", banks, spec, rounds=2).model
    question = asked(name, model, spec=SPEC if name == "newton" else spec)
    own = SPEC if name == "newton" else spec
    span = FIGURES[name].span(question, own)
    for place in range(20):
        one = FIGURES[name].of(OwnPart("", banks[0].test[place : place + 1], own, question.model), question)
        assert span.fault(one, 1) is None and np.count_nonzero(one) <= span.hits


@pytest.mark.parametrize("masking", [None, TERMS], ids=["clear", "masked"])
def test_the_scorecard_by_messages_is_that_of_the_records(masking):
    found = train_scorecard(BankSums(tally_of(masking=masking)), SPEC)
    expected = train_scorecard(FrameSums([b.train for b in BANKS], SPEC), SPEC)
    np.testing.assert_allclose(found.weights, expected.weights, atol=1e-6)
    assert all(np.array_equal(f.cuts, e.cuts) for f, e in zip(found.bins, expected.bins, strict=True))


def test_an_answer_beyond_the_declared_records_is_refused_by_name(model):
    class Boastful(Damaged):
        kind = "tally"

        def harm(self, answer):
            answer[messages.ARRAYS] = messages.pack({messages.SUMS: 99 * messages.sums(answer)})[
                messages.ARRAYS
            ]

    boastful = Boastful(make_bank("boastful"), SPEC)
    tally = Tally.of_grid(grid_of(*sites_of(100, 100), boastful), SPEC, quorum=0.6)
    found = tally("scores", "test", model)
    assert set(found.by_bank) == {"bank-0", "bank-1"}
    assert "beyond what 150 records" in tally.roster.left_out["boastful"]


def test_an_answer_of_another_size_is_refused(model):
    span = FIGURES["scores"].span(asked("scores", model), SPEC)
    assert "7 sums came where 4,000" in (span.fault(np.zeros(7), 10) or "")


def test_figures_nobody_knows_are_refused(model):
    with pytest.raises(FederationError, match="unknown figure 'rows'; known are scores, margins"):
        figure_named("rows")
    with pytest.raises(FederationError, match="unknown part 'holdout'"):
        tally_of()("scores", "holdout", model)


def test_a_bank_samples_as_many_records_as_it_likes_for_shap(model):
    bank = make_bank("large", 3 * SAMPLE)
    answer = BankSite(bank, SPEC).answer("tally", asked("shap", model, "train").pack())
    assert messages.sums(answer)[0] == SAMPLE


@pytest.mark.parametrize("name", FIGURES)
def test_noise_is_as_wide_as_the_span_asks(name, model):
    question, site = asked(name, model), BankSite(BANKS[0], SPEC)
    content, terms = question.pack(), NoiseTerms(multiplier=2.0, banks=4)
    clear = messages.sums(site.answer("tally", content))
    noisy = noised_answer("tally", content, site.answer("tally", content), SPEC, 200, terms)
    wide = FIGURES[name].span(question, SPEC).sensitivity
    standard = (messages.sums(noisy) - clear)[wide > 0] / wide[wide > 0]
    assert np.sqrt(np.mean(standard**2)) == pytest.approx(1.0, rel=0.35)


def test_the_size_of_an_answer_does_not_grow_with_the_records(model):
    question = asked("decisions", model).pack()
    sites = [BankSite(make_bank("north", n), SPEC) for n in (200, 5000)]
    small, large = (messages.size(site.answer("tally", question)) for site in sites)
    assert small == large


def test_what_noise_was_spent_is_told(model):
    noisy = MaskingTerms(3, NoiseTerms(8.0))
    tally = tally_of(masking=noisy)
    tally("scores", "test", model)
    one = tally.privacy
    tally("scores", "train", model)
    assert one is not None and tally.privacy is not None
    assert one.releases == {"tally": 1} and 0 < one.epsilon < tally.privacy.epsilon
    assert tally_of().privacy is None
