"""The OpenAPI page says all that the service answers; a client is generated from it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from bento.access import new_key
from tests.bento import packages
from tests.bento.server import serving

pytestmark = pytest.mark.slow
KEY, LINE = new_key("tester", ("score", "read", "admin"))


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Iterator[httpx.Client]:
    package = packages.make_package(tmp_path_factory.mktemp("served") / "package", "lightgbm")
    with serving(package, FEDCREDIT_API_KEYS=LINE) as client:
        client.headers["X-API-Key"] = KEY
        yield client


def test_no_request_is_answered_otherwise_than_described(client, tmp_path):
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{client.base_url}/docs.json", "-H", f"X-API-Key: {KEY}",
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-500:]


def test_a_generated_client_decides(client, tmp_path, monkeypatch):
    page = tmp_path / "docs.json"
    page.write_text(client.get("/docs.json").text)
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--path",
        str(page),
        "--meta",
        "none",
    ]
    subprocess.run([*command, "--output-path", str(tmp_path / "scoring")], check=True, capture_output=True)
    monkeypatch.syspath_prepend(str(tmp_path))
    scoring, models = importlib.import_module("scoring"), importlib.import_module("scoring.models")
    predict = importlib.import_module("scoring.api.scoring.post_predict")
    caller = scoring.AuthenticatedClient(
        str(client.base_url), token=KEY, prefix="", auth_header_name="X-API-Key"
    )
    decision = predict.sync(client=caller, body=models.Applicant.from_dict(packages.applicants(1)[0]))
    assert decision.decision in ("accepted", "refused")
    assert decision.pd == client.post("/predict", json=packages.applicants(1)[0]).json()["pd"]
