"""A batch is as long as it is, and holds its place until it is sent; its decisions are logged by ids of their own."""

from __future__ import annotations

import asyncio
import hashlib
import json

import httpx
import pytest

from bento.app import make_app
from bento.batch import read_list
from bento.decision_log import DecisionLog, decision_on
from bento.problems import Problem
from bento.recording import Recorder
from bento.scorer import Scorer
from bento.served import Served
from bento.settings import Settings
from tests.bento import packages

APPLICANTS = [*packages.applicants(3), {"hair": "red"}, *packages.applicants(2)]
SENT = {"X-Request-ID": "night"}


@pytest.fixture
def app(tmp_path):
    served = Served()
    served.start(packages.make_package(tmp_path / "package", "logistic"))
    app = make_app(served, Settings(in_flight=1))
    app.state.recorder = Recorder(DecisionLog(tmp_path / "log.db"))
    return app


def client(app) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def ask(app) -> httpx.Response:
    async with client(app) as asking:
        return await asking.post("/predict/batch", json=APPLICANTS, headers=SENT)


def test_every_decision_of_a_batch_is_found_by_the_id_beside_it(app, tmp_path):
    rows = asyncio.run(ask(app)).json()
    app.state.recorder.close()
    assert [row.get("id") for row in rows] == [f"night/{i}" if i != 3 else None for i in range(6)]
    for row in (row for row in rows if "decision" in row):
        found = decision_on(tmp_path / "log.db", row["id"])
        sent = json.dumps(APPLICANTS[row["index"]], separators=(",", ":"), ensure_ascii=False)
        assert found["applicant"] == hashlib.sha256(sent.encode()).hexdigest()
        assert (found["pd"], found["decision"]) == (row["decision"]["pd"], row["decision"]["decision"])


def test_a_batch_holds_its_place_until_it_is_sent(app, monkeypatch):
    async def slow(parts):
        sending.set()
        await go_on.wait()
        yield b"[]"

    async def ask_meanwhile() -> list[int]:
        first = asyncio.create_task(ask(app))
        await sending.wait()
        second = await ask(app)
        go_on.set()
        return [second.status_code, (await first).status_code, (await ask(app)).status_code]

    sending, go_on = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr("bento.endpoints.batch._list", slow)
    assert asyncio.run(ask_meanwhile()) == [429, 200, 200]


BRACES = {"naics": 'a},b\\"},', "bank_state": "},{"}


def test_the_end_of_an_object_within_a_text_does_not_make_a_batch_longer(tmp_path):
    scorer = Scorer.load(packages.make_package(tmp_path / "package", "logistic"))
    body = json.dumps([{**a, **BRACES} for a in packages.applicants(5)]).encode()
    readings = read_list(scorer.shared, scorer.reader, body, 5)
    assert sum(len(reading.rows) for reading in readings) == 5
    with pytest.raises(Problem, match="more than 4 applicants"):
        read_list(scorer.shared, scorer.reader, body, 4)
