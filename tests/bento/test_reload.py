"""Another model takes over under load; a damaged one never does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bento.access import new_key
from bento.decision_log import verify_log
from tests.bento import packages
from tests.bento.server import serving

pytestmark = pytest.mark.slow
SCORE, SCORE_LINE = new_key("branch", ("score",))
ADMIN, ADMIN_LINE = new_key("operator", ("read", "admin"))
SCORING, RULING = {"X-API-Key": SCORE}, {"X-API-Key": ADMIN}
APPLICANT = packages.applicants(1)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    packages.make_package(folder / "three", "lightgbm", number="3")
    packages.make_package(folder / "four", "logistic", number="4")
    packages.make_package(folder / "damaged", "logistic", number="5")
    (folder / "damaged" / "version.json").write_text("{}")
    packages.make_package(folder / "other", "logistic", classes=3, number="6")
    return folder


@pytest.fixture(scope="module")
def client(folder) -> Iterator[httpx.Client]:
    keys, log = f"{SCORE_LINE};{ADMIN_LINE}", str(folder / "log.db")
    with serving(folder / "three", FEDCREDIT_API_KEYS=keys, FEDCREDIT_DECISION_LOG=log) as client:
        yield client
    assert verify_log(folder / "log.db")[0] > 0


def served(client: httpx.Client) -> str:
    return client.get("/health").json()["model_version"]


def test_each_endpoint_asks_for_its_scope(client):
    assert client.post("/predict", json=APPLICANT).status_code == 401
    assert client.post("/predict", json=APPLICANT, headers=RULING).status_code == 403
    assert client.get("/model", headers=SCORING).status_code == 403
    assert client.post("/admin/reload", headers=SCORING).status_code == 403
    assert client.get("/metrics", headers=RULING).status_code == 200


@pytest.mark.parametrize(
    ("name", "why"), [("damaged", "changed"), ("other", "contract"), ("nowhere", "manifest")]
)
def test_a_package_that_does_not_hold_is_refused_and_the_served_one_stays(client, name, why):
    before = served(client)
    answer = client.post("/admin/reload", json={"package": name}, headers=RULING)
    assert (answer.status_code, why in answer.json()["detail"]) == (409, True)
    assert served(client) == before


@pytest.mark.parametrize("name", ["../three", "/etc", "", "."])
def test_only_a_folder_beside_the_first_is_read(client, name):
    assert client.post("/admin/reload", json={"package": name}, headers=RULING).status_code == 422


def test_every_answer_under_reloads_is_of_the_model_it_names(client):
    expected = {
        "3": packages.probabilities(packages.model("lightgbm"))[0, -1],
        "4": packages.probabilities(packages.model("logistic"))[0, -1],
    }
    seen: list[tuple[str, float]] = []
    done = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=client.base_url, headers=SCORING) as own:
            while not done.is_set():
                answer = own.post("/predict", json=APPLICANT)
                answer.raise_for_status()
                seen.append((answer.json()["model_version"], answer.json()["pd"]))

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for name in ("four", "three") * 3:
        assert client.post("/admin/reload", json={"package": name}, headers=RULING).status_code == 200
    done.set()
    for thread in asking:
        thread.join()
    assert {version for version, _ in seen} == {"3", "4"}
    assert all(pd == pytest.approx(expected[version], abs=1e-9) for version, pd in seen)


def test_a_rollback_brings_the_former_model_back(client):
    client.post("/admin/reload", json={"package": "three"}, headers=RULING)
    client.post("/admin/reload", json={"package": "four"}, headers=RULING)
    answer = client.post("/admin/rollback", headers=RULING).json()
    assert answer == {"model_version": "3", "former_version": "4"}
    assert served(client) == "3"


def test_decisions_are_counted_by_version(client):
    client.post("/predict", json=APPLICANT, headers=SCORING)
    text = client.get("/metrics", headers=RULING).text
    assert 'fedcredit_requests_total{operation="POST /predict",status="200"}' in text
    assert 'fedcredit_pd_count{model_version="3"}' in text
