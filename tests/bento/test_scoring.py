"""A served decision is calibrated, in points, and its reasons cost what they say."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bento.scorer import Scorer
from credit.calibration import Calibration
from credit.manifest import write_manifest
from credit.points import PointsScale
from credit.policy import ScorePolicy
from credit.scoring import DOCUMENT, Scoring
from credit.single_score import SingleScore, risk_of
from tests.bento import packages

BENT = Calibration("isotonic", (-2.0, -0.5, 0.5), (-3.0, -1.0, -0.8), 1.0)
SCORING = Scoring(PointsScale(ScorePolicy(), BENT), 0.25, {"A BANK": 0.05})
FAMILIES = [(f, c) for f in ("lightgbm", "catboost", "logistic") for c in (2, 3)]


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda p: f"{p[0]}-{p[1]}")
def folder(request, tmp_path_factory):
    made = packages.make_package(tmp_path_factory.mktemp("made") / "package", *request.param)
    (made / DOCUMENT).write_text(json.dumps(SCORING.to_dict()))
    write_manifest(made)
    return made


@pytest.fixture(scope="module")
def scorer(folder):
    return Scorer.load(folder)


def decisions(scorer: Scorer, bank: str = ""):
    classes = len(scorer.model.classes)
    return scorer.score_batch(packages.applicants(classes=classes), bank=bank)


def matrix(scorer: Scorer) -> np.ndarray:
    return packages.matrix(len(scorer.model.classes))[1]


def test_the_probability_is_the_calibrated_one(scorer):
    expected = SCORING.probability(scorer.model.margin(matrix(scorer)[:20]))
    assert [d.pd for d in decisions(scorer)] == pytest.approx(expected, abs=1e-9)
    assert all(d.decision == ("refused" if d.pd >= 0.25 else "accepted") for d in decisions(scorer))


def test_a_bank_decides_by_its_own_threshold(scorer):
    assert {(d.threshold, d.bank) for d in decisions(scorer, "A BANK")} == {(0.05, "A BANK")}
    assert {(d.threshold, d.bank) for d in decisions(scorer)} == {(0.25, None)}


def test_one_applicant_scores_as_arrays_do(scorer):
    single = SingleScore(SCORING)
    margins = np.random.default_rng(3).normal(0, 3, (500, scorer.model.n_margins))
    pds, points = SCORING.probability(margins), SCORING.points(margins)
    rows = margins.tolist()
    assert [single.probability(m) for m in rows] == pytest.approx(pds, abs=1e-12)
    assert [single.points(risk_of(m)) for m in rows] == pytest.approx(points, abs=1e-9)


def test_the_points_of_reasons_are_the_worth_of_their_features(scorer):
    worth, _ = scorer.scoring.worth(scorer.contributions(matrix(scorer)[:20]))
    features = scorer.model.encoding.features
    for decision, row in zip(decisions(scorer), worth, strict=True):
        told = {r.code: r.points for r in decision.reasons if not r.group}
        assert told == pytest.approx({c: row[features.index(c)] for c in told}, abs=1e-9)


def test_points_of_features_and_reference_are_the_score_of_every_record(scorer):
    X = matrix(scorer)
    worth, reference = scorer.scoring.worth(scorer.contributions(X))
    points = scorer.scoring.points(scorer.model.margin(X))
    np.testing.assert_allclose(worth.sum(axis=1) + reference, points, rtol=0, atol=1e-6)


def test_reasons_cost_points(scorer):
    told = [r for d in decisions(scorer) for r in d.reasons]
    assert told and all(r.points <= 0 for r in told)


def test_the_score_is_in_its_band(scorer):
    assert all(d.band == scorer.scoring.scale.band(d.points) for d in decisions(scorer))
