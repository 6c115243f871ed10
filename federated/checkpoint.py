"""What a killed coordinator needs to go on: a file a round, written aside and then renamed."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flwr.app import ArrayRecord, RecordDict
from flwr.serverapp.strategy import Strategy

from credit.errors import FederationError
from federated import messages
from federated.agreement import Agreement
from federated.engines._flower_messages import content_from_bytes, content_to_bytes
from federated.reports import RoundReport


@dataclass
class Progress:
    """A training between two rounds: `done` rounds, the arrays after them, the best round so far."""

    arrays: ArrayRecord
    best_arrays: ArrayRecord
    done: int = 0
    best: int = 0
    best_loss: float = float("inf")
    reports: list[RoundReport] = field(default_factory=list)


@dataclass(frozen=True)
class Saved:
    """What a checkpoint file holds."""

    agreement: Agreement
    expected: int
    bytes_by_kind: Counter[str]
    releases: Counter[str]
    progress: Progress
    deltas: list[bytes]
    expelled: dict[str, str]


class Checkpoint:
    """The checkpoint of one training at `path`; `purpose` is what was asked for, as plain values.

    A resumed training gives the bytes of an uninterrupted one: agreement, deltas and arrays are kept
    exactly, and each bank catches up from the first delta.
    """

    def __init__(self, path: Path, purpose: dict[str, Any]):
        self.path = path
        self.purpose = hashlib.sha256(json.dumps(purpose, sort_keys=True).encode()).hexdigest()

    def load(self) -> Saved | None:
        """The last round's state, or None without a file.

        Raises FederationError for a damaged file, or for that of another training.
        """
        if not self.path.exists():
            return None
        try:
            content = content_from_bytes(self.path.read_bytes())
            state = json.loads(str(messages.config(content)["state"]))
        except Exception as error:
            raise FederationError(f"{self.path}: damaged checkpoint ({error}): remove it to start") from error
        if state["purpose"] != self.purpose:
            raise FederationError(
                f"{self.path}: the checkpoint of another training (its settings differ): "
                "restore those settings, or remove the file to start afresh"
            )
        return _saved(state, content)

    def save(self, saved: Saved) -> None:
        """Write `saved`; a coordinator killed meanwhile finds the round before."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_suffix(f".{os.getpid()}.part")
        with aside.open("wb") as file:
            file.write(content_to_bytes(_content(saved, self.purpose)))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.path)

    def clear(self) -> None:
        """Remove the file of a training that has ended."""
        self.path.unlink(missing_ok=True)


def deltas_of(strategy: Strategy) -> list[bytes]:
    """The deltas that a tree strategy has made so far; none for a strategy of arrays."""
    return getattr(strategy, "deltas", [])


def _content(saved: Saved, purpose: str) -> RecordDict:
    p = saved.progress
    state = {
        "purpose": purpose,
        "agreement": saved.agreement.to_json(),
        "expected": saved.expected,
        "bytes_by_kind": saved.bytes_by_kind,
        "releases": saved.releases,
        "expelled": saved.expelled,
        "progress": {"done": p.done, "best": p.best, "best_loss": p.best_loss},
        "reports": [asdict(report) for report in p.reports],
    }
    content = messages.pack(
        {f"{number:06d}": delta for number, delta in enumerate(saved.deltas)}, state=json.dumps(state)
    )
    content["now"], content["best"] = p.arrays, p.best_arrays
    return content


def _saved(state: dict[str, Any], content: RecordDict) -> Saved:
    reports = [RoundReport(**r | {"answered": tuple(r["answered"])}) for r in state["reports"]]
    arrays = content.array_records
    return Saved(
        agreement=Agreement.from_json(state["agreement"]),
        expected=state["expected"],
        bytes_by_kind=Counter(state["bytes_by_kind"]),
        releases=Counter(state["releases"]),
        progress=Progress(arrays["now"], arrays["best"], **state["progress"], reports=reports),
        deltas=list(messages.blobs(content).values()),
        expelled=state["expelled"],
    )
