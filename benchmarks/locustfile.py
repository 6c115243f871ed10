"""Load on a running service: `make load`, or locust -f benchmarks/locustfile.py -H http://localhost:3000.

Nine in ten requests are single applicants, the others small batches, explanations and questions of health. Each
answer is checked for what a user sees of it. FEDCREDIT_API_KEY is sent where it is set.
"""

from __future__ import annotations

import os
from typing import Any

from locust import FastHttpUser, between, task  # pyright: ignore[reportMissingImports]


class Branch(FastHttpUser):
    """A bank's branch that asks for decisions on the contract's own example."""

    wait_time = between(0.0, 0.1)

    def on_start(self) -> None:
        key = os.environ.get("FEDCREDIT_API_KEY")
        self.keys = {"X-API-Key": key} if key else {}
        page = self.client.get("/docs.json").json()
        self.applicant = page["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"][
            "example"
        ]

    @task(70)
    def predict(self) -> None:
        answer = self._ask("/predict", self.applicant)
        if answer and answer["decision"] != (
            "refused" if answer["pd"] >= answer["threshold"] else "accepted"
        ):
            raise AssertionError("the decision is not that of its probability and threshold")

    @task(20)
    def predict_without_reasons(self) -> None:
        self._ask("/predict?reasons=false", self.applicant)

    @task(4)
    def batch(self) -> None:
        self._ask("/predict/batch", [self.applicant] * 20)

    @task(1)
    def explain(self) -> None:
        self._ask("/explain", self.applicant)

    @task(5)
    def health(self) -> None:
        self.client.get("/health")

    def _ask(self, path: str, body: Any) -> Any:
        with self.client.post(path, json=body, headers=self.keys, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")
                return None
            return answer.json()
