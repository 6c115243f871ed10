"""Each decision of a batch is in the decision log by an id of its own, which the answer shows."""

from __future__ import annotations

import asyncio
import hashlib
import json

import httpx
import pytest

from bento.app import make_app
from bento.decision_log import DecisionLog, decision_on
from bento.recording import Recorder
from bento.served import Served
from bento.settings import Settings
from tests.bento import packages

APPLICANTS = [*packages.applicants(3), {"hair": "red"}, *packages.applicants(2)]
SENT = {"X-Request-ID": "night"}


@pytest.fixture
def answer(tmp_path):
    """The answer to a batch of lines, one of which is wrong; its log is log.db in the test's folder."""
    served = Served()
    served.start(packages.make_package(tmp_path / "package", "logistic"))
    app = make_app(served, Settings())
    log = DecisionLog(tmp_path / "log.db")
    app.state.recorder = Recorder(log)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
        ) as client:
            return await client.post("/predict/batch", json=APPLICANTS, headers=SENT)

    answer = asyncio.run(ask())
    log.close()
    return answer


def test_every_decision_of_a_batch_is_found_by_the_id_beside_it(answer, tmp_path):
    rows = answer.json()
    assert [row.get("id") for row in rows] == [f"night/{i}" if i != 3 else None for i in range(6)]
    for row in (row for row in rows if "decision" in row):
        found = decision_on(tmp_path / "log.db", row["id"])
        sent = json.dumps(APPLICANTS[row["index"]], separators=(",", ":"), ensure_ascii=False)
        assert found["applicant"] == hashlib.sha256(sent.encode()).hexdigest()
        assert (found["pd"], found["decision"]) == (row["decision"]["pd"], row["decision"]["decision"])
