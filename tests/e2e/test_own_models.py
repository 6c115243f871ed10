"""A bank packages its own model, and serves it, as a bank does."""

import json
import urllib.request

import numpy as np
import polars as pl
import pytest

from bento.scorer import Scorer
from credit.calibration import calibration_error, error_of_sums, noise_of_sums, rate_sums, risk_margin
from credit.features import OUTCOME
from credit.metrics import log_loss
from credit.scoring import DOCUMENT, Scoring

pytestmark = pytest.mark.slow
MODEL = {"MODEL": "credit-scorer-synthetic"}


def own_banks(finished) -> list[str]:
    """Banks whose model of the champion's family is not the shared one."""
    family = json.loads((finished.home / "latest.json").read_text())["champion"]["family"]
    stored = finished.home / "storage" / "personal_scoring"
    own = {p.name: json.loads((p / "value.json").read_text())["families"] for p in stored.iterdir()}
    return sorted(bank for bank, fs in own.items() if any(f["scoring"] and f["family"] == family for f in fs))


@pytest.fixture(scope="module")
def package(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packaged") / "package"
    done = finished.command("package", *own_banks(finished), "-o", str(folder), **MODEL)
    assert done.returncode == 0, done.stderr
    return folder


def validation(finished, bank: str) -> pl.DataFrame:
    return pl.read_parquet(finished.home / "storage" / "loan_records" / bank / "value" / "validation.parquet")


def test_served_probabilities_fit_each_banks_validation_records_better_than_the_shared_calibration(
    finished, package
):
    scorer = Scorer.load(package)
    shared = Scoring.from_dict(json.loads((package / DOCUMENT).read_text())).scale.calibration
    assert scorer.package.seats
    for bank in scorer.package.seats:
        records, judge = validation(finished, bank), scorer.judge_of(bank)
        X, default = judge.model.encoding.matrix(records), (records[OUTCOME].to_numpy() == 1).astype(int)
        served = judge.probability(X)
        before = shared.probability(risk_margin(judge.model.margin(X)))
        told = rate_sums(served, default)
        # With so few records the error in bins is mostly chance.
        assert error_of_sums(told) <= max(calibration_error(before, default), noise_of_sums(told))
        assert log_loss(default, served) < log_loss(default, before)
        assert abs(served.mean() - default.mean()) < 0.01


def test_the_service_decides_as_the_bank_asked_for(finished, package):
    bank, scorer = own_banks(finished)[0], Scorer.load(package)
    applicant = dict(scorer.package.golden[0].applicant)
    with finished.server("serve", "--bento", str(package), path="/health") as url:
        request = urllib.request.Request(f"{url}/predict?bank={bank}", json.dumps(applicant).encode())
        answer = json.load(urllib.request.urlopen(request, timeout=20))
        told = json.load(urllib.request.urlopen(f"{url}/model", timeout=20))["decided_by"]
    decided = scorer.score(applicant, bank=bank)
    np.testing.assert_allclose(
        [answer["pd"], answer["threshold"]], [decided.pd, decided.threshold], atol=1e-12
    )
    assert decided.pd != scorer.score(applicant).pd
    assert answer["decided_by"] == "own"
    assert {name for name, model in told.items() if model == "own"} == set(scorer.package.seats)
