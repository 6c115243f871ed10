"""A bank's part in training boosted trees: it follows the shared margin and proposes trees from it."""

from __future__ import annotations

import zlib
from typing import Any, ClassVar

import numpy as np
from flwr.app import RecordDict

from credit.errors import FederationError
from credit.features import FeatureSpec
from federated import messages
from federated.agreement import Agreement
from federated.histograms import CodedRecords
from federated.learners import tree_learner
from federated.learners.loss import balanced, gradients
from federated.learners.protocol import bare, leaf_cover
from federated.leaves import leaf_sums
from federated.tasks.task import Parts, losses
from federated.tree_questions import NODES, questions_of

HELD = "round"


class TreeTask:
    """Holds the shared margin F of the bank's records, shape (n, K), as of round `held`.

    Every message brings the deltas after the round its `start` names; `start` 0 begins afresh, so a bank
    that joined late, missed rounds or lost its state catches up.
    """

    ANSWERS: ClassVar = frozenset({"propose", "leaf_sums", "histograms", "losses", "cover"})

    def __init__(self, agreement: Agreement, parts: Parts, spec: FeatureSpec):
        self.agreement, self.parts = agreement, parts
        self.learner = tree_learner(agreement.family, agreement.params, spec)
        self._binned: Any = None
        self._coded: CodedRecords | None = None
        self._restart()

    def propose(self, content: RecordDict) -> RecordDict:
        """Trees boosted from the shared margin, with or without leaf values; none where `trees` is 0."""
        self.catch_up(content)
        figures = {messages.EXAMPLES: len(self.train), HELD: self.held}
        asked = messages.config(content)
        if not asked["trees"]:
            return messages.pack({}, figures)
        if self._binned is None:
            self._binned = self.learner.bind(self.parts.train.X, self.parts.train.outcome)
        bare_only = asked.get("bare", False)
        margin = balanced(self.train, self.parts.train.outcome) if bare_only else self.train
        blob = self.learner.propose(self._binned, margin, asked["trees"], self.agreement.seed + self.held)
        return messages.pack({"trees": bare(self.learner, blob) if bare_only else blob}, figures)

    def leaf_sums(self, content: RecordDict) -> RecordDict:
        """Sums of derivatives at the shared margin by leaf of the candidates, of train and of validation."""
        self.catch_up(content)
        blob = zlib.decompress(messages.blobs(content)["candidates"])
        structures = self.learner.structures(blob)
        both = []
        for part, margin in ((self.parts.train, self.train), (self.parts.validation, self.validation)):
            leaves = self.learner.leaves(blob, part.X).T
            both.append(leaf_sums(structures, leaves, *gradients(margin, part.outcome)))
        return messages.pack({messages.SUMS: np.stack(both).ravel()}, {HELD: self.held})

    def histograms(self, content: RecordDict) -> RecordDict:
        """Sums of derivatives at the shared margin by bin of the wanted nodes, in single precision."""
        self.catch_up(content)
        if self._coded is None:
            self._coded = CodedRecords(self.agreement.bins, self.learner.compared(self.parts.train.X))
        found = self._coded.histograms(*self._derivatives(), questions_of(messages.blobs(content)[NODES]))
        return messages.pack({messages.SUMS: found.ravel().astype(np.float32)}, {HELD: self.held})

    def losses(self, content: RecordDict) -> RecordDict:
        self.catch_up(content)
        answer = losses(self.train, self.validation, self.parts)
        answer.metric_records[messages.METRICS][HELD] = self.held
        return answer

    def cover(self, content: RecordDict) -> RecordDict:
        blob = messages.blobs(content)["trees"]
        return messages.pack({messages.SUMS: leaf_cover(self.learner, blob, self.parts.train.X)})

    def catch_up(self, content: RecordDict) -> None:
        """Apply the deltas of `content`; raises FederationError where they do not follow on."""
        start = messages.config(content)["start"]
        if start == 0:
            self._restart()
        if start != self.held:
            raise FederationError(f"deltas after round {start} came, but this bank holds round {self.held}")
        for blob in [blob for name, blob in messages.blobs(content).items() if name.isdigit()]:
            self.train = self.train + self.learner.margins(blob, self.parts.train.X)
            self.validation = self.validation + self.learner.margins(blob, self.parts.validation.X)
            self.held += 1

    def _derivatives(self) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives of the train records at the shared margin, each (K, n), made once a delta."""
        if self._at != self.held:
            g, h = gradients(self.train, self.parts.train.outcome)
            self._at, self._gradients = self.held, (np.ascontiguousarray(g.T), np.ascontiguousarray(h.T))
        return self._gradients

    def _restart(self) -> None:
        base = np.array(self.agreement.base)
        self.train = np.tile(base, (len(self.parts.train.X), 1))
        self.validation = np.tile(base, (len(self.parts.validation.X), 1))
        self.held, self._at = 0, -1
