"""A scorer decides exactly as its model predicts, and refuses a package that is not what was packaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bento.scorer import Scorer
from credit.applicant import ApplicantError
from credit.errors import ModelError
from credit.manifest import ManifestError, write_manifest
from tests.bento import packages

FAMILIES = ("lightgbm", "catboost", "logistic")


@pytest.fixture(
    scope="module", params=[(f, c) for f in FAMILIES for c in (2, 3)], ids=lambda p: f"{p[0]}-{p[1]}"
)
def scorer(request, tmp_path_factory) -> Scorer:
    family, classes = request.param
    return Scorer.load(packages.make_package(tmp_path_factory.mktemp("made") / "package", family, classes))


def applicants(scorer: Scorer) -> list[dict]:
    return packages.applicants(classes=len(scorer.model.classes))


def test_each_applicant_scores_as_the_record_in_the_file(scorer):
    expected = packages.probabilities(scorer.model)[:, -1]
    assert [scorer.score(a).pd for a in applicants(scorer)] == pytest.approx(expected, abs=1e-9)


def test_a_batch_scores_as_its_applicants_do(scorer):
    one_by_one = [scorer.score(a) for a in applicants(scorer)]
    together = scorer.score_batch(applicants(scorer))
    assert [d.pd for d in together] == pytest.approx([d.pd for d in one_by_one], abs=1e-12)
    assert [[r.code for r in d.reasons] for d in together] == [
        [r.code for r in d.reasons] for d in one_by_one
    ]


def test_the_threshold_decides(scorer):
    decisions = [scorer.score(a) for a in applicants(scorer)]
    assert {(d.pd >= 0.3, d.decision) for d in decisions} <= {(True, "refused"), (False, "accepted")}


def test_reasons_are_at_most_four_and_the_strongest_first(scorer):
    for applicant in applicants(scorer):
        strengths = [r.contribution for r in scorer.score(applicant).reasons]
        assert len(strengths) <= 4
        assert all(s > 0 for s in strengths)
        assert strengths == pytest.approx(sorted(strengths, reverse=True), abs=1e-6)


def test_reasons_can_be_left_out(scorer):
    assert scorer.score(applicants(scorer)[0], reasons=False).reasons == ()


def test_three_classes_are_told_with_confidence(scorer):
    decision = scorer.score(applicants(scorer)[0])
    if len(scorer.model.classes) == 2:
        assert decision.outcome is decision.confidence is decision.probabilities is None
    else:
        assert decision.probabilities is not None
        assert (
            decision.probabilities[decision.outcome]
            == decision.confidence
            == max(decision.probabilities.values())
        )
        assert sum(decision.probabilities.values()) == pytest.approx(1)


def test_a_wrong_applicant_names_field_and_rule(scorer):
    with pytest.raises(ApplicantError, match="Loan amount approved is required"):
        scorer.score({"guaranteed_amount": 1})


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.make_package(tmp_path / "package", "logistic")


def change(path: Path, **fields) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_changed_file_is_refused(package):
    change(package / "version.json", threshold=0.9)
    with pytest.raises(ManifestError, match=r"version.json was changed"):
        Scorer.load(package)


def test_a_missing_model_is_refused(package):
    (package / "model.json").unlink()
    write_manifest(package)
    with pytest.raises(ModelError, match=r"model.json"):
        Scorer.load(package)


def test_another_contract_is_refused(package):
    change(package / "contract.json", title="Another")
    write_manifest(package)
    with pytest.raises(ModelError, match="another contract"):
        Scorer.load(package)


def test_a_model_that_scores_its_golden_applicants_otherwise_is_refused(package):
    native = package / "model.logistic.json"
    weights = json.loads(native.read_text())["weights"]
    weights[0][-1] += 1e-6
    change(native, weights=weights)
    write_manifest(package)
    with pytest.raises(ModelError, match="golden applicant"):
        Scorer.load(package)


def test_a_package_without_golden_applicants_is_not_written(tmp_path):
    model = packages.model("logistic")
    with pytest.raises(ValueError, match="golden"):
        packages.write_package(
            tmp_path / "p",
            model=model,
            contract=packages.contract(),
            version=packages.version(model),
            golden=[],
        )


def test_writing_again_replaces_the_folder_and_leaves_nothing_beside_it(package):
    shutil.copy(package / "model.json", package / "stray.json")
    packages.make_package(package, "logistic", number="4")
    assert Scorer.load(package).version.version == "4"
    assert [p.name for p in package.parent.iterdir()] == ["package"]
