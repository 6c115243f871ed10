"""Prometheus metrics by operation and model version; never by what an applicant or a path says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

# BentoML shares files of metrics among all services of one home, and each that starts deletes them.
# One process serves; its metrics stay in its memory.
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, generate_latest

from bento.decision import Decision
from bento.histogram import Histogram
from bento.stability import Stability

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
DIFFERENCES = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)

REQUESTS = Counter("fedcredit_requests", "Requests answered", ("operation", "status"))
DURATION = Histogram("fedcredit_request_seconds", "Time to answer", "operation", SECONDS)
DECISIONS = Counter("fedcredit_decisions", "Applicants decided on", ("decision", "model_version", "bank"))
PD = Histogram("fedcredit_pd", "Probabilities of default", "model_version", SHARES)
LOST = Counter("fedcredit_decisions_lost", "Decisions that the decision log could not keep")
SHADOWED = Counter(
    "fedcredit_shadow_decisions", "Applicants the challenger scored too", ("challenger_version", "decision")
)
SHADOW = Histogram(
    "fedcredit_shadow_difference", "Distance of the challenger's PD", "challenger_version", DIFFERENCES
)
PSI = Gauge("fedcredit_psi", "Population stability index of the scores", ("model_version",))


class ModelMetrics:
    """The metrics of one model version; what is counted for each applicant is looked up once.

    `reference` holds the edges and shares of the scores the model was judged on, where a package has them.
    """

    def __init__(self, version: str, reference: Mapping[str, Any] | None = None):
        self._version, self._decided = version, {}
        self._pd = PD.labels(version)
        self._psi = PSI.labels(version) if reference else None
        self._stability = Stability(reference["edges"], reference["shares"]) if reference else None

    def count(self, decision: Decision) -> None:
        self._counter(decision.decision, decision.bank).inc()
        self._pd.observe(decision.pd)
        if self._stability and self._stability.add(decision.pd):
            self._publish()

    def count_all(self, decisions: list[Decision]) -> None:
        """Of one bank."""
        if not decisions:
            return
        pds = np.array([d.pd for d in decisions])
        refused = sum(d.decision == "refused" for d in decisions)
        bank = decisions[0].bank
        self._counter("refused", bank).inc(refused)
        self._counter("accepted", bank).inc(len(decisions) - refused)
        self._pd.observe_all(pds)
        if self._stability and self._stability.add_all(pds):
            self._publish()

    def _counter(self, decision: str, bank: str | None) -> Any:
        key = decision, bank
        if key not in self._decided:
            self._decided[key] = DECISIONS.labels(decision, self._version, bank or "")
        return self._decided[key]

    def _publish(self) -> None:
        if self._psi and self._stability:
            self._psi.set(self._stability.index)


def latest() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
