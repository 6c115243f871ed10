"""The decision log: who was decided on when, by which model, chained by hashes; it never blocks a decision."""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bento.decision import Decision
from bento.decision_store import ADDED, COLUMNS, StoreError, store_of
from bento.metrics import LOST
from bento.package import Version
from credit.errors import FedCreditError

logger = logging.getLogger("fedcredit.service")
MOST = 10_000
TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision; `applicant` is the SHA-256 of what was sent, so that the log holds no applicant's fields."""

    time: str
    decision: Decision
    version: Version
    request_id: str
    caller: str
    applicant: str

    def row(self) -> tuple[Any, ...]:
        decision, version = self.decision, self.version
        data = hashlib.sha256(json.dumps(version.data, sort_keys=True).encode()).hexdigest()
        return (
            self.time, self.request_id, self.caller, version.model, version.version, version.contract.fingerprint,
            version.run_id, data, self.applicant, decision.pd, decision.threshold, decision.decision,
            ",".join(r.code for r in decision.reasons), decision.bank or "",
            decision.decided_by,
        )  # fmt: skip


class DecisionLog:
    """Writes entries from a thread of its own into what `place` names, a SQLite file or a URL of PostgreSQL.

    What its queue can't hold, or the store does not take, is lost and counted.
    """

    def __init__(self, place: Path | str, most: int = MOST):
        self._store = store_of(place)
        self._waiting: queue.Queue[Entry | None] = queue.Queue(most)
        self._alarmed = False
        self._writer = threading.Thread(target=self._write, name="decision log", daemon=True)
        self._writer.start()

    def keep(self, entry: Entry) -> None:
        """Put an entry in the queue, at once."""
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            self._lose(1, "its queue is full")

    def close(self) -> None:
        """Write what waits, and stop."""
        self._waiting.put(None)
        self._writer.join()

    def _write(self) -> None:
        open_ = True
        while open_:
            entries, open_ = self._next()
            try:
                self._store.append([entry.row() for entry in entries], _link)
                self._alarmed = False
            except StoreError as error:
                self._lose(len(entries), str(error))
            # Without its writer the queue would fill, and the service would not stop.
            except Exception as error:
                self._lose(len(entries), type(error).__name__)

    def _next(self) -> tuple[list[Entry], bool]:
        """The entries that wait, at least one, and whether more may come."""
        entries: list[Entry] = []
        entry = self._waiting.get()
        while entry is not None:
            entries.append(entry)
            if len(entries) == TOGETHER or self._waiting.empty():
                return entries, True
            entry = self._waiting.get()
        return entries, False

    def _lose(self, entries: int, why: str) -> None:
        LOST.inc(entries)
        if not self._alarmed:
            logger.error("The decision log loses decisions: %s", why)
        self._alarmed = True


def verify_log(place: Path | str, holds: str = "") -> tuple[int, str]:
    """The number of decisions in a log, and the newest one's link of the chain.

    Raises FedCreditError at the first that was changed or taken out from before another, or where none has the link
    `holds`: without a link that was kept elsewhere, a log whose newest decisions were taken out looks whole.
    """
    count, newest, held = 0, "", not holds
    for count, (_, newest) in enumerate(_verified(place), 1):  # noqa: B007
        held = held or newest == holds
    if not held:
        raise FedCreditError(
            f"no decision in the log has the link {holds}: it and what followed were taken out or made anew, "
            "or it is of another log"
        )
    return count, newest


def decision_on(place: Path | str, request: str) -> dict[str, Any]:
    """The decision on a request, or of that id in a batch, by column of the log, with its link of the `chain`.

    Raises FedCreditError where the log does not hold it, or where it or one before it was changed or taken out.
    """
    for row, link in _verified(place):
        entry = dict(zip(COLUMNS, row, strict=True))
        if entry["request_id"] == request:
            return {**entry, "chain": link}
    raise FedCreditError(
        f"the decision log holds no decision on request {request!r}: give the X-Request-ID of an answer, "
        "or of a batch the id beside the decision"
    )


def _verified(place: Path | str) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Rows and links of the chain. Raises FedCreditError at the first that does not follow on."""
    chain = ""
    for count, (row, link) in enumerate(store_of(place).read(), 1):
        chain = _link(chain, row)
        if chain != link:
            raise FedCreditError(
                f"decision {count} of the log is not as it was written, or one before it is gone"
            )
        yield row, link


def _link(chain: str, row: tuple[Any, ...]) -> str:
    # An entry is hashed with the columns it was written with: a log from before one was added still verifies.
    row = tuple(
        value for name, value in zip(COLUMNS, row, strict=True) if value is not None or name not in ADDED
    )
    return hashlib.sha256((chain + json.dumps(row)).encode()).hexdigest()
