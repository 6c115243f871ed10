"""Prometheus metrics by operation and model version; never by what an applicant or a path says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

# BentoML shares files of metrics among all services of one home, and each that starts deletes them.
# One process serves; its metrics stay in its memory.
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, generate_latest

from bento.decision import Decision
from bento.stability import Stability

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)

REQUESTS = Counter("fedcredit_requests", "Requests answered", ("operation", "status"))
DURATION = Histogram("fedcredit_request_seconds", "Time to answer", ("operation",), buckets=SECONDS)
DECISIONS = Counter("fedcredit_decisions", "Applicants decided on", ("decision", "model_version"))
PD = Histogram("fedcredit_pd", "Probabilities of default", ("model_version",), buckets=SHARES)
LOST = Counter("fedcredit_decisions_lost", "Decisions that the decision log could not keep")
PSI = Gauge(
    "fedcredit_psi",
    "Population stability index of the scores",
    ("model_version",),
    multiprocess_mode="mostrecent",
)


class ModelMetrics:
    """The metrics of one model version; what is counted for each applicant is looked up once.

    `reference` holds the edges and shares of the scores the model was judged on, where a package has them.
    """

    def __init__(self, version: str, reference: Mapping[str, Any] | None = None):
        self._decided = {d: DECISIONS.labels(d, version) for d in ("accepted", "refused")}
        self._pd = PD.labels(version)
        self._psi = PSI.labels(version) if reference else None
        self._stability = Stability(reference["edges"], reference["shares"]) if reference else None

    def count(self, decision: Decision) -> None:
        self._decided[decision.decision].inc()
        self._pd.observe(decision.pd)
        if self._stability and self._psi and self._stability.add(decision.pd):
            self._psi.set(self._stability.index)


def latest() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
