"""A decision leads back to the data it came from, or the audit says where the way breaks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bento.decision import Decision
from bento.decision_log import DecisionLog, Entry, decision_on, verify_log
from bento.package import ContractName, Version
from credit.errors import FedCreditError, RegistryError
from registry.audit import trace

DATA = {"bank-01": "a" * 64, "bank-02": "b" * 64}
TAGS = {
    "data_fingerprints": json.dumps(DATA),
    "contract_fingerprint": "f" * 64,
    "contract": "synthetic v1",
    "family": "lightgbm",
    "strategy": "fedavg",
    "dagster_run_id": "d1",
    "code_revision": "c1",
    "consortium": "test banks",
}


class Registered:
    """A registry that holds version 3."""

    model = "scorer"

    def __init__(self, **tags: str):
        self.tags = {**TAGS, **tags}

    def version(self, number: str) -> Any:
        return SimpleNamespace(model=self.model, number=number, run_id="r1", tags=self.tags)

    def history(self) -> list:
        return []


@pytest.fixture
def log(tmp_path: Path) -> Path:
    version = Version(
        model="scorer",
        version="3",
        family="lightgbm",
        run_id="r1",
        contract=ContractName(name="synthetic", version=1, fingerprint="f" * 64),
        data=DATA,
        threshold=0.2,
    )
    decision = Decision(
        0.1, "accepted", 0.2, (), 640.0, "medium risk", "scorer", "3", "synthetic", 1, "f" * 64, "shared"
    )
    kept = DecisionLog(tmp_path / "decisions.db")
    for number in range(3):
        kept.keep(
            Entry("2026-11-22T12:00:00+00:00", decision, version, f"request-{number}", "teller", "0" * 64)
        )
    kept.close()
    return tmp_path / "decisions.db"


def test_a_decision_leads_back_to_the_banks_data(log):
    found = trace(decision_on(log, "request-1"), Registered())  # type: ignore[arg-type]
    assert found.data == DATA
    assert found.model["MLflow run"] == "r1" and found.decision["decision"] == "accepted"
    assert found.decision["decided_by"] == "shared"


@pytest.mark.parametrize(
    ("tag", "what"), [("data_fingerprints", "another data"), ("contract_fingerprint", "another contract")]
)
def test_another_origin_in_the_registry_is_found(log, tag, what):
    with pytest.raises(RegistryError, match=what):
        trace(decision_on(log, "request-1"), Registered(**{tag: '{"bank-01": "c"}'}))  # type: ignore[arg-type]


def test_an_unknown_request_is_named(log):
    with pytest.raises(FedCreditError, match="holds no decision on request 'nobody'"):
        decision_on(log, "nobody")


def test_a_changed_decision_is_found(log):
    assert verify_log(log)[0] == 3
    with sqlite3.connect(log) as database:
        database.execute("update decisions set decision = 'refused' where request_id = 'request-1'")
    with pytest.raises(FedCreditError, match="decision 2"):
        verify_log(log)


def test_a_decision_after_a_changed_one_is_not_vouched_for(log):
    with sqlite3.connect(log) as database:
        database.execute("update decisions set pd = 0.9 where request_id = 'request-1'")
    assert decision_on(log, "request-0")["decision"] == "accepted"
    for request in ("request-1", "request-2"):
        with pytest.raises(FedCreditError, match="decision 2"):
            decision_on(log, request)
