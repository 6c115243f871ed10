"""A bank's own model decides by a calibration and a threshold of its own."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from bento.packaging import Continuation, add_continuations
from bento.scorer import Scorer
from credit.calibration import Calibration, calibration_error, risk_margin
from credit.errors import ModelError
from credit.manifest import ManifestError, write_manifest
from credit.own_scoring import own_scoring
from credit.points import PointsScale
from credit.policy import CostPolicy, ScorePolicy
from credit.scoring import DOCUMENT, Scoring
from tests.bento import packages

BANK = "B BANK"
SHARED = Scoring(PointsScale(ScorePolicy(), Calibration("platt", (0.0,), (1.5,), 0.6)), 0.25)
FAMILIES = [(f, c) for f in ("lightgbm", "catboost", "logistic") for c in (2, 3)]


def own_model(family: str, classes: int):
    return packages.model(family, classes, trees=25)


def records(family: str, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Risk margins of the bank's own model, and outcomes."""
    _, X, y = packages.matrix(classes)
    return risk_margin(own_model(family, classes).margin(X)), (y == classes - 1).astype(int)


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda p: f"{p[0]}-{p[1]}")
def kind(request) -> tuple[str, int]:
    return request.param


@pytest.fixture(scope="module")
def own(kind) -> Scoring:
    return own_scoring(SHARED, *records(*kind), CostPolicy(missed_default=2, by_bank=True))


@pytest.fixture(scope="module")
def folder(kind, own, tmp_path_factory):
    made = packages.make_package(tmp_path_factory.mktemp("made") / "package", *kind)
    (made / DOCUMENT).write_text(json.dumps(SHARED.to_dict()))
    write_manifest(made)
    continued = Continuation(own_model(*kind), own)
    return add_continuations(made, made.with_name("with-bank"), {BANK: continued})


@pytest.fixture(scope="module")
def scorer(folder):
    return Scorer.load(folder)


def decisions(scorer: Scorer, bank: str):
    return scorer.score_batch(packages.applicants(classes=len(scorer.model.classes)), bank=bank)


def test_a_package_keeps_a_banks_scoring_as_it_was_fitted(scorer, own):
    assert scorer.judge_of(BANK).scoring == own


def test_probabilities_and_decisions_are_those_of_the_banks_scoring(scorer, own, kind):
    X = packages.matrix(kind[1])[1][:20]
    told = decisions(scorer, BANK)
    assert [d.pd for d in told] == pytest.approx(own.probability(own_model(*kind).margin(X)), abs=1e-9)
    assert {d.threshold for d in told} == {own.threshold} != {SHARED.threshold}
    assert all(d.decision == ("refused" if d.pd >= own.threshold else "accepted") for d in told)


def test_a_bank_without_a_model_of_its_own_is_decided_for_by_the_shared_scoring(scorer, kind):
    X, shared = packages.matrix(kind[1])[1][:20], packages.model(*kind)
    told = decisions(scorer, "A BANK")
    assert [d.pd for d in told] == pytest.approx(SHARED.probability(shared.margin(X)), abs=1e-9)
    assert {d.threshold for d in told} == {SHARED.threshold}


def test_the_served_probabilities_fit_the_banks_outcomes_better_than_by_the_shared_calibration(scorer, kind):
    margin, default = records(*kind)
    served = scorer.judge_of(BANK).probability(packages.matrix(kind[1])[1])
    before = SHARED.scale.calibration.probability(margin)
    assert calibration_error(served, default) < calibration_error(before, default)
    assert served.mean() == pytest.approx(default.mean(), abs=0.02)


def test_points_of_features_and_reference_add_up_and_reasons_tell_them(scorer, own, kind):
    judge = scorer.judge_of(BANK)
    X = packages.matrix(kind[1])[1][:20]
    margins, contributions = judge.explain(X)
    worth, reference = own.worth(contributions)
    told = decisions(scorer, BANK)
    assert worth.sum(axis=1) + reference == pytest.approx(own.points(margins), abs=1e-6)
    assert [d.points for d in told] == pytest.approx(own.points(margins), abs=1e-9)
    for decision, row in zip(told, worth, strict=True):
        points = dict(zip(judge.model.encoding.features, row, strict=True))
        assert all(
            r.points == pytest.approx(points[r.code], abs=1e-9) for r in decision.reasons if not r.group
        )


@pytest.mark.parametrize(
    "damage",
    [
        lambda scoring: scoring.pop("threshold"),
        lambda scoring: scoring.update(threshold=float("nan")),
        lambda scoring: scoring.update(calibration=None),
        lambda scoring: scoring["calibration"].update(y=scoring["calibration"]["y"] * 2),
        lambda scoring: scoring["calibration"].update(slope=-1.0),
        lambda scoring: scoring["score"].update(base_odds=0),
    ],
    ids=["no threshold", "NaN threshold", "no calibration", "knots", "falling", "odds"],
)
def test_a_damaged_scoring_is_refused(folder, tmp_path, damage):
    copy = shutil.copytree(folder, tmp_path / "copy")
    document = copy / "banks" / BANK / DOCUMENT
    scoring = json.loads(document.read_text())
    damage(scoring)
    document.write_text(json.dumps(scoring))
    with pytest.raises(ManifestError):
        Scorer.load(copy)
    write_manifest(copy)
    with pytest.raises(ModelError, match=rf"{BANK}/{DOCUMENT}"):
        Scorer.load(copy)
