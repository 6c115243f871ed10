"""A bank is decided for by its own continuation of the model, where the package carries one."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from pydantic_core import to_json

from bento.batch import read_list, score
from bento.explanation import explain
from bento.packaging import Continuation, add_continuations
from bento.scorer import Scorer, UnknownBank
from credit.errors import ModelError
from credit.manifest import ManifestError
from credit.scoring import Scoring
from tests.bento import packages

PLAIN = Scoring.uncalibrated(0.3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = packages.make_package(tmp_path_factory.mktemp("made") / "package")
    own = Continuation(packages.model("lightgbm", trees=25), PLAIN)
    return add_continuations(made, made.with_name("with-bank"), {"B BANK": own})


@pytest.fixture(scope="module")
def scorer(folder):
    return Scorer.load(folder)


def pds(scorer: Scorer, bank: str) -> list[float]:
    return [d.pd for d in scorer.score_batch(packages.applicants(), bank=bank)]


def test_the_continuation_decides_for_its_bank_alone(scorer):
    own, shared = packages.model("lightgbm", trees=25), packages.model("lightgbm")
    np.testing.assert_allclose(pds(scorer, "B BANK"), packages.probabilities(own)[:, 1], atol=1e-9)
    np.testing.assert_allclose(pds(scorer, "A BANK"), packages.probabilities(shared)[:, 1], atol=1e-9)
    assert pds(scorer, "") == pds(scorer, "A BANK")


@pytest.mark.parametrize("reasons", [True, False])
@pytest.mark.parametrize(("bank", "model"), [("B BANK", "own"), ("A BANK", "shared"), ("", "shared")])
def test_a_decision_says_whose_model_decided(scorer, bank, model, reasons):
    applicants = packages.applicants(3)
    alone = [scorer.score(a, reasons, bank) for a in applicants]
    assert {d.decided_by for d in alone + scorer.score_batch(applicants, reasons, bank)} == {model}


def test_an_unknown_bank_is_refused(scorer):
    with pytest.raises(UnknownBank):
        scorer.score(packages.applicants(1)[0], bank="C BANK")


def test_a_batch_is_decided_for_a_bank(scorer):
    body, judge = to_json(packages.applicants()), scorer.judge_of("B BANK")
    rows = [
        r
        for part in read_list(judge, scorer.reader, body, 100)
        for r in score(judge, scorer.reader, part, True)
    ]
    assert [r.decision.pd for r in rows] == pytest.approx(pds(scorer, "B BANK"), abs=1e-9)
    assert {(r.decision.bank, r.decision.decided_by) for r in rows} == {("B BANK", "own")}


@pytest.mark.parametrize("between", [b",", b" , ", b"},"])
def test_a_list_cut_wrongly_is_parsed(scorer, between):
    texts = [to_json(a) for a in packages.applicants(3)]
    if between == b"},":
        texts[1] = to_json({**packages.applicants(2)[1], "state": "},"})
    body = b"[" + (b"," if between == b"}," else between).join(texts) + b"]"
    readings = read_list(scorer.shared, scorer.reader, body, 100)
    assert [len(r.rows) for r in readings] == [3]
    assert all(fault.field != "body" for r in readings for of in r.faults.values() for fault in of)


def test_a_continuation_that_was_changed_is_refused(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "banks" / "B BANK" / "golden.json").write_text("[]")
    with pytest.raises(ManifestError):
        Scorer.load(copy)


def test_an_explanation_is_of_the_bank_that_decides(scorer):
    applicant = scorer.reader.check(packages.applicants(1)[0])
    own, shared = (explain(scorer, scorer.judge_of(bank), applicant, None) for bank in ("B BANK", ""))
    assert own.pd == scorer.score(applicant, bank="B BANK").pd != shared.pd
    log_odds = np.log(own.pd / (1 - own.pd))
    assert own.shap.base_value + sum(own.shap.values) == pytest.approx(log_odds, abs=1e-6)
    assert (own.bank, shared.bank) == ("B BANK", None)
    assert (own.decided_by, shared.decided_by) == ("own", "shared")


def test_a_continuation_is_added_to_a_package_on_purpose(tmp_path):
    made = packages.make_package(tmp_path / "package")
    own = Continuation(packages.model("lightgbm", trees=25), PLAIN)
    with_bank = Scorer.load(add_continuations(made, tmp_path / "with-bank", {"B BANK": own}))
    np.testing.assert_allclose(pds(with_bank, "B BANK"), packages.probabilities(own.model)[:, 1], atol=1e-9)
    assert pds(with_bank, "A BANK") == pds(Scorer.load(made), "")
    assert "B BANK" not in Scorer.load(made).banks


def test_a_continuation_of_another_model_is_refused(tmp_path):
    made = packages.make_package(tmp_path / "package")
    with pytest.raises(ModelError):
        add_continuations(
            made, tmp_path / "with-bank", {"B BANK": Continuation(packages.model("catboost"), PLAIN)}
        )
    assert not (tmp_path / "with-bank").exists()
