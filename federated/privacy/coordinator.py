"""The coordinator's side of SecAgg+: four stages for one sum, of which it learns the sum alone.

Flower's own server side of the protocol is legacy; this is its bridge to the Message API. Banks exchange
shares with `SHARES` neighbours on a ring (Bell et al. 2020), all banks where they are fewer.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from flwr.app import Message, RecordDict

from federated.engines import _flower_secagg as secagg
from federated.engines._flower_secagg import Key, Stage

SHARES = 9
StageRecord = dict[str, Any]


class StageReplies(Protocol):
    """Answers and reasons of failure, each by node."""

    @property
    def answers(self) -> dict[int, Message]: ...

    @property
    def failures(self) -> dict[int, str]: ...


Ask = Callable[[Mapping[int, RecordDict]], StageReplies]


@dataclass
class MaskedSum:
    """One sum over the banks of `questions`; `ask` carries a stage and gives answers and failures by node."""

    ask: Ask
    questions: Mapping[int, RecordDict]
    min_banks: int
    failures: dict[int, str] = field(default_factory=dict)

    def run(self) -> tuple[np.ndarray, dict[int, Message]] | None:
        """The sum and each summed bank's answer in clear (no figures); None where too few banks remained.

        A bank may drop out after any stage: its mask is taken off by its neighbours' shares.
        """
        ring = sorted(self.questions)
        shares = min(len(ring), SHARES)
        self.threshold = max(self.min_banks, math.ceil((2 * shares + 1) / 3))
        half = shares // 2
        places = range(-half, half + 1) if len(ring) > SHARES else range(len(ring))
        self.neighbours = {n: {ring[(i + o) % len(ring)] for o in places} for i, n in enumerate(ring)}
        if len(ring) < self.threshold:
            self._fail(ring, f"a masked sum needs {self.threshold} banks")
            return None
        return self._stages(ring, shares)

    def _stages(self, ring: list[int], shares: int) -> tuple[np.ndarray, dict[int, Message]] | None:
        keys = self._stage(dict.fromkeys(ring, _setup(len(ring), shares, self.threshold)))
        self.public = {n: [record[Key.PUBLIC_KEY_1], record[Key.PUBLIC_KEY_2]] for n, record in keys.items()}
        shared = self._stage({n: self._key_record(n) for n in self._enough(keys)})
        letters = self._letters(shared)
        clear: dict[int, Message] = {}
        masked = self._stage({n: letters[n] for n in self._enough(shared)}, self.questions, clear)
        if not self._enough(masked):
            return None
        total = _added(masked)
        opened = self._stage({n: self._unmask_record(n, set(masked), set(shared)) for n in masked})
        if not self._enough(opened):
            return None
        values = self._unmasked(total, opened, set(masked), set(shared))
        return secagg.floating_point(values, len(masked)), {n: clear[n] for n in sorted(masked)}

    def _stage(
        self,
        records: Mapping[int, dict],
        questions: Mapping[int, RecordDict] | None = None,
        clear: dict[int, Message] | None = None,
    ) -> dict[int, StageRecord]:
        """Ask a stage of banks; their records of the protocol, by node."""
        asked = {
            n: secagg.with_stage(RecordDict(dict(questions[n])) if questions else RecordDict(), record)
            for n, record in records.items()
        }
        if not asked:
            return {}
        replies = self.ask(asked)
        self.failures |= replies.failures
        if clear is not None:
            clear.update(replies.answers)
        return {
            n: dict(a.content.config_records.pop(secagg.RECORD_KEY_CONFIGS))
            for n, a in replies.answers.items()
        }

    def _enough(self, records: Mapping[int, StageRecord]) -> list[int]:
        """The banks of `records` that still have a threshold of neighbours there; none where too few."""
        there = set(records)
        able = [n for n in sorted(there) if len(self.neighbours[n] & there) >= self.threshold]
        if len(able) < max(self.min_banks, 1):
            self._fail(list(there), f"too few banks remained for a masked sum: {len(able)}")
            return []
        return able

    def _key_record(self, node: int) -> dict:
        known = {str(n): self.public[n] for n in sorted(self.neighbours[node] & set(self.public))}
        return known | {Key.STAGE: Stage.SHARE_KEYS}

    def _letters(self, shared: Mapping[int, StageRecord]) -> dict[int, dict]:
        """The encrypted shares for each bank, and from whom."""
        post: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for source, record in sorted(shared.items()):
            for to, letter in zip(record[Key.DESTINATION_LIST], record[Key.CIPHERTEXT_LIST], strict=True):
                post[to].append((source, letter))
        return {
            n: {
                Key.STAGE: Stage.COLLECT_MASKED_VECTORS,
                Key.CIPHERTEXT_LIST: [letter for _, letter in post[n]],
                Key.SOURCE_LIST: [source for source, _ in post[n]],
            }
            for n in shared
        }

    def _unmask_record(self, node: int, active: set[int], shared: set[int]) -> dict:
        return {
            Key.STAGE: Stage.UNMASK,
            Key.ACTIVE_NODE_ID_LIST: sorted(self.neighbours[node] & active),
            Key.DEAD_NODE_ID_LIST: sorted(self.neighbours[node] & (shared - active)),
        }

    def _unmasked(
        self, total: list[np.ndarray], opened: Mapping[int, StageRecord], active: set[int], shared: set[int]
    ) -> np.ndarray:
        """The summed integers: private masks of summed banks and pair masks of lost ones taken off."""
        letters: dict[int, list[bytes]] = defaultdict(list)
        for record in opened.values():
            for owner, share in zip(record[Key.NODE_ID_LIST], record[Key.SHARE_LIST], strict=True):
                letters[owner].append(share)
        shapes = [array.shape for array in total]
        for owner in sorted(shared):
            secret = secagg.combine_shares(letters[owner][: self.threshold])
            if owner in active:
                total = _plus(total, secagg.masks(secret, secagg.MODULUS, shapes), -1)
                continue
            for other in sorted(self.neighbours[owner] & active):
                mask = secagg.pair_mask(secret, self.public[other][0], secagg.MODULUS, shapes)
                total = _plus(total, mask, 1 if owner > other else -1)
        return total[1] & (secagg.MODULUS - 1)

    def _fail(self, nodes: list[int], why: str) -> None:
        self.failures |= {n: why for n in nodes if n not in self.failures}


def _setup(banks: int, shares: int, threshold: int) -> dict:
    return {
        Key.STAGE: Stage.SETUP,
        Key.SAMPLE_NUMBER: banks,
        Key.SHARE_NUMBER: shares,
        Key.THRESHOLD: threshold,
        Key.CLIPPING_RANGE: secagg.CLIP,
        Key.TARGET_RANGE: secagg.STEPS,
        Key.MOD_RANGE: secagg.MODULUS,
        Key.MAX_WEIGHT: 1.0,
    }


def _added(masked: Mapping[int, StageRecord]) -> list[np.ndarray]:
    """The banks' masked vectors, added up."""
    vectors = [
        [secagg.bytes_to_ndarray(array) for array in masked[n][Key.MASKED_PARAMETERS]] for n in sorted(masked)
    ]
    total = vectors[0]
    for vector in vectors[1:]:
        total = _plus(total, vector, 1)
    return total


def _plus(a: list[np.ndarray], b: list[np.ndarray], sign: int) -> list[np.ndarray]:
    return [x + sign * y for x, y in zip(a, b, strict=True)]
