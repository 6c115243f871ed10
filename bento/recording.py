"""What is kept of a decision: counts, stability, and an entry in the decision log where there is one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from starlette.types import Scope

from bento.decision import Decision
from bento.decision_log import DecisionLog, Entry
from bento.operation import request_id
from bento.scorer import Scorer
from bento.settings import Settings
from bento.shadow import Shadow


class Recorder:
    """Records decisions; never blocks and never fails one."""

    def __init__(self, log: DecisionLog | None = None, shadow: Shadow | None = None):
        self._log, self.shadow = log, shadow

    @classmethod
    def of(cls, settings: Settings) -> Recorder:
        """The recorder that the settings ask for. Raises StoreError for a log that is none."""
        return cls(
            DecisionLog(settings.log) if settings.log else None, Shadow() if settings.challenger else None
        )

    def record(self, scorer: Scorer, decision: Decision, scope: Scope, applicant: bytes) -> None:
        """Record a decision on the applicant that was sent as `applicant`."""
        scorer.metrics.count(decision)
        if self._log:
            self._log.keep(_entry(scorer, decision, request_id(scope).decode(), scope, applicant))
        if self.shadow and self.shadow.challenger:
            self.shadow.offer(applicant, decision, request_id(scope).decode())

    def record_all(
        self, scorer: Scorer, decisions: Mapping[str, Decision], scope: Scope, applicants: Iterable[bytes]
    ) -> None:
        """Record decisions for one bank, by their ids, on the applicants that were sent."""
        scorer.metrics.count_all(list(decisions.values()))
        if self._log:
            for (name, decision), applicant in zip(decisions.items(), applicants, strict=True):
                self._log.keep(_entry(scorer, decision, name, scope, applicant))

    def close(self) -> None:
        for kept in (self._log, self.shadow):
            if kept:
                kept.close()


def _entry(scorer: Scorer, decision: Decision, name: str, scope: Scope, applicant: bytes) -> Entry:
    now, digest = datetime.now(UTC).isoformat(), hashlib.sha256(applicant).hexdigest()
    return Entry(now, decision, scorer.version, name, scope.get("caller", ""), digest)
