"""The challenger scores what the champion decided on, aside: nobody waits for it, and it decides nothing."""

from __future__ import annotations

import logging
import queue
import threading

from bento.decision import Decision
from bento.metrics import SHADOW, SHADOWED
from bento.scorer import Scorer
from credit.errors import FedCreditError

logger = logging.getLogger("fedcredit.service")
MOST = 1_000
Case = tuple[Scorer, bytes, Decision, str]


class Shadow:
    """Counts how far the challenger's PD lies from the decision's, and logs where it would decide otherwise."""

    def __init__(self) -> None:
        self.challenger: Scorer | None = None
        self._waiting: queue.Queue[Case | None] = queue.Queue(MOST)
        self._worker = threading.Thread(target=self._work, name="shadow", daemon=True)
        self._worker.start()

    def offer(self, applicant: bytes, decision: Decision, request_id: str) -> None:
        """Have the challenger score an applicant too, at once or not at all."""
        if self.challenger is None:
            return
        try:
            self._waiting.put_nowait((self.challenger, applicant, decision, request_id))
        except queue.Full:
            SHADOWED.labels(self.challenger.version.version, "left out").inc()

    def close(self) -> None:
        """Score what waits, and stop."""
        self._waiting.put(None)
        self._worker.join()

    def _work(self) -> None:
        while case := self._waiting.get():
            try:
                self._compare(*case)
            # Whatever fails on one applicant, the next one waits. The message may carry an applicant's value.
            except Exception as error:
                version = case[0].version.version
                SHADOWED.labels(version, "failed").inc()
                logger.error("Challenger %s failed on request %s: %s", version, case[3], type(error).__name__)

    def _compare(self, challenger: Scorer, applicant: bytes, decision: Decision, request_id: str) -> None:
        version = challenger.version.version
        bank = decision.bank if decision.bank in challenger.banks else None
        try:
            other = challenger.score(challenger.reader.parse(applicant), reasons=False, bank=bank or "")
        except FedCreditError:
            SHADOWED.labels(version, "refused the applicant").inc()
            return
        difference = other.pd - decision.pd
        same = other.decision == decision.decision
        SHADOW.labels(version).observe(abs(difference))
        SHADOWED.labels(version, "the same" if same else "otherwise").inc()
        if not same:
            logger.info("Challenger %s decides otherwise on request %s: %s, PD %+.4f",
                        version, request_id, other.decision, difference)  # fmt: skip
