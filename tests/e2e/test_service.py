"""The champion, served from its Bento as `make serve` serves it."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from credit.calibration import Calibration

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(finished):
    with finished.server("serve", "--model", "credit-scorer-synthetic", path="/health") as url:
        yield url


def post(url: str, body: object) -> tuple[int, dict]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def released(finished, name: str):
    folder = json.loads((finished.home / "latest.json").read_text())["release"]
    return json.loads((Path(folder) / "model" / name).read_text())


def golden(finished) -> list[dict]:
    return released(finished, "golden.json")


def test_the_service_answers_as_the_pipeline_computed(finished, address):
    calibration = Calibration.from_dict(released(finished, "calibration.json")["calibration"])
    for case in golden(finished):
        status, answer = post(f"{address}/predict", case["applicant"])
        assert status == 200
        paid, default = case["probabilities"]
        calibrated = calibration.probability(np.array([np.log(default / paid)]))[0]
        assert answer["pd"] == pytest.approx(calibrated, abs=1e-9)
        assert answer["decision"] in ("accepted", "refused")
        assert 1 <= len(answer["reasons"]) <= 4
        assert answer["model_version"] == "1"


def test_a_wrong_field_is_named_with_its_rule(finished, address):
    applicant = {**golden(finished)[0]["applicant"], "late_payments": -3}
    status, answer = post(f"{address}/predict", applicant)
    assert status == 422
    assert "late_payments" in json.dumps(answer)
