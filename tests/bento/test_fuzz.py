"""Ten thousand bodies that no client means to send: each is answered as described, by the same worker."""

from __future__ import annotations

import json
import random
from collections import Counter
from io import BytesIO
from typing import Any

import polars as pl
import pytest

from tests.bento import packages
from tests.bento.server import serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
BODIES = 10_000
JSON, NDJSON, PARQUET = "application/json", "application/x-ndjson", "application/vnd.apache.parquet"
ODD = [
    None,
    True,
    0,
    -0.0,
    1e308,
    -1e400,
    2**70,
    float("nan"),
    "",
    "\0",
    "ü" * 300,
    "\ud800",
    "1e5",
    [],
    {},
    [[]],
]
ASKED = {("/predict", JSON): 60, ("/predict/batch", JSON): 20, ("/predict/batch", NDJSON): 10, ("/explain", JSON): 8,
         ("/predict/batch", PARQUET): 2}  # fmt: skip


def body(rng: random.Random, kind: str, applicant: dict[str, Any]) -> bytes:
    """A right body with something wrong about it, most of the time."""
    fields = {k: rng.choice([v, v, v, *ODD]) for k, v in applicant.items() if rng.random() < 0.95}
    if rng.random() < 0.1:
        fields[rng.choice(["hair", "", "\n", "bank"])] = rng.choice(ODD)
    if kind == PARQUET:
        text = BytesIO()
        pl.DataFrame([applicant, applicant]).write_parquet(text)
        return damaged(rng, text.getvalue())
    text = json.dumps(fields, ensure_ascii=rng.random() < 0.5)
    if kind == NDJSON:
        text = "\n".join([text] * rng.randrange(4))
    elif rng.random() < 0.4:
        text = rng.choice([f"[{text}]", f"[{text}, {text}]", "[" * 5000, f"{text},{text}", '{"a":' * 3000])
    return damaged(rng, text.encode(errors="surrogatepass"))


def damaged(rng: random.Random, text: bytes) -> bytes:
    """The text, or a part of it, or with bytes that were not there."""
    way, place = rng.randrange(4), rng.randrange(len(text) + 1)
    if way == 0:
        return text[:place]
    if way == 1:
        return text[:place] + rng.randbytes(rng.randrange(9)) + text[place + rng.randrange(9) :]
    return text


def test_no_body_brings_a_worker_down(tmp_path):
    rng, applicant = random.Random(1), packages.applicants(1)[0]
    statuses: Counter[int] = Counter()
    with serving(packages.make_package(tmp_path / "package", "lightgbm")) as client:
        right = client.post("/predict", json=applicant).json()
        before = process(client)
        for _ in range(BODIES):
            (path, kind), *_ = rng.choices(list(ASKED), list(ASKED.values()))
            answer = client.post(path, content=body(rng, kind, applicant), headers={"Content-Type": kind})
            statuses[answer.status_code] += 1
        assert set(statuses) <= {200, 413, 422} and min(statuses[200], statuses[422]) > BODIES / 100, statuses
        assert client.post("/predict", json=applicant).json() == right
        assert process(client) == before


def process(client) -> str:
    """When the worker began, which tells it from another."""
    lines = client.get("/metrics").text.splitlines()
    return next(line for line in lines if line.startswith("process_start_time_seconds"))
