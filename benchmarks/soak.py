"""Keeps the service under load while its model changes, and checks every answer against the version it names.

    python -m benchmarks.soak [--minutes 10] [--write FILE]

64 connections; a reload between two models every 20 seconds; one request in a hundred is wrong. Fails at the
first answer that is wrong or a 5xx, and where memory grows by more than a tenth after the first quarter.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.serving import FEATURES, keep, package, started, train
from bento.scorer import Scorer
from bento.serving import serve_command
from federated.engines.processes import free_port

CONNECTIONS, RELOAD_SECONDS, WRONG_SHARE, APPLICANTS = 64, 20.0, 0.01, 200
WRONG = (b"", b"{", b"[]", b'{"f0": "much"}', b'{"f0": NaN}', b'{"hair": 1}', b"\xff")


@dataclass
class Soak:
    """What was sent, and what came back."""

    url: str
    applicants: list[dict[str, float]]
    expected: dict[str, list[float]]
    until: float
    statuses: Counter[int] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)

    async def ask(self, client: httpx.AsyncClient) -> None:
        """Ask until the time is over."""
        while time.monotonic() < self.until:
            if random.random() < WRONG_SHARE:
                answer = await client.post(self.url, content=random.choice(WRONG))
                self._expect(answer, 422)
            else:
                await self._decide(client, random.randrange(len(self.applicants)))

    async def reload(self, client: httpx.AsyncClient, server: psutil.Process) -> None:
        """Change the model, and look at the server's memory."""
        names = ["two", "one"]
        while time.monotonic() < self.until:
            answer = await client.post(
                self.url.replace("predict", "admin/reload"), json={"package": names[0]}
            )
            self._expect(answer, 200)
            names.reverse()
            self.memory.append(sum(p.memory_info().rss for p in (server, *server.children(recursive=True))))
            await asyncio.sleep(min(RELOAD_SECONDS, max(0.0, self.until - time.monotonic())))

    async def _decide(self, client: httpx.AsyncClient, i: int) -> None:
        answer = await client.post(self.url, json=self.applicants[i])
        self._expect(answer, 200)
        decision: dict[str, Any] = answer.json()
        version, pd = decision["model_version"], decision["pd"]
        self.versions[version] += 1
        if not math.isclose(pd, self.expected[version][i], abs_tol=1e-9):
            raise SystemExit(f"version {version} answered {pd}, expected {self.expected[version][i]}")
        if decision["decision"] != ("refused" if pd >= decision["threshold"] else "accepted"):
            raise SystemExit(f"version {version} decided {decision['decision']} at {pd}")

    def _expect(self, answer: httpx.Response, status: int) -> None:
        self.statuses[answer.status_code] += 1
        if answer.status_code != status:
            raise SystemExit(f"status {answer.status_code} instead of {status}: {answer.text[:300]}")


async def soak(folder: Path, seconds: float) -> Soak:
    """Serve the packages in `folder` under load for so many seconds."""
    made = {name: package(folder / name, *train(family), name) for name, family in PACKAGES.items()}
    X = train("lightgbm")[1][:APPLICANTS]
    applicants = [dict(zip(FEATURES, x.tolist(), strict=True)) for x in X]
    expected = {name: Scorer.load(path).probability(X).tolist() for name, path in made.items()}
    port = free_port()
    with started(*_arguments(serve_command(made["one"], port), port)) as server:
        run = Soak(f"http://127.0.0.1:{port}/predict", applicants, expected, time.monotonic() + seconds)
        limits = httpx.Limits(max_connections=CONNECTIONS + 1, max_keepalive_connections=CONNECTIONS + 1)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:
            await asyncio.gather(run.reload(client, server), *(run.ask(client) for _ in range(CONNECTIONS)))
    return run


PACKAGES = {"one": "lightgbm", "two": "catboost"}


def _arguments(command: tuple[list[str], dict[str, str]], port: int) -> tuple[list[str], int, dict[str, str]]:
    return command[0], port, command[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--write", type=Path, help="a JSON file of results to which these are added")
    chosen = parser.parse_args()
    minutes = chosen.minutes
    with tempfile.TemporaryDirectory() as folder:
        run = asyncio.run(soak(Path(folder), minutes * 60))
    memory = [round(m / 2**20) for m in run.memory]
    told = {"minutes": minutes, "statuses": dict(run.statuses), "versions": dict(run.versions), "MB": memory}
    print(json.dumps(told))
    settled = memory[len(memory) // 4 :]
    if max(settled) > 1.1 * settled[0]:
        raise SystemExit("the server's memory grew")
    if chosen.write:
        keep(chosen.write, "soak", told)


if __name__ == "__main__":
    main()
