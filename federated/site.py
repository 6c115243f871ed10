"""A bank's side of the federation: its records stay here, its answers leave."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
from flwr.app import RecordDict

from credit.encoding import Encoding, OutcomeCounts
from credit.errors import FederationError
from credit.features import BankRecords, FeatureSpec, outcomes
from credit.models import Model
from credit.models.logistic import feature_moments
from federated import messages
from federated.agreement import Agreement, logged_mask
from federated.figures import Question, figure_named
from federated.figures.own import OwnPart
from federated.sketch import cell_counts, in_order
from federated.tasks import Parts, Task, task_for
from federated.tasks.task import Part


class BankSite:
    """One bank's records and what it holds between messages."""

    ANSWERS = frozenset({"identity", "counts", "moments", "cells", "agree", "tally"})

    def __init__(self, records: BankRecords, spec: FeatureSpec):
        self.records, self.spec = records, spec
        self.task: Task | None = None
        self._encoded: tuple[Encoding, Parts] | None = None
        self._ordered: tuple[Encoding, list[np.ndarray]] | None = None
        self._judged: Model | None = None
        self._owned: dict[str, OwnPart] = {}

    def answer(self, kind: str, content: RecordDict) -> RecordDict:
        """The answer to one message of `kind`, a name in `messages.KINDS`.

        Raises FederationError where the bank cannot answer that kind now.
        """
        answering = self if kind in self.ANSWERS else self.task
        if answering is None or kind not in answering.ANSWERS:
            raise FederationError(
                f"bank {self.records.name} holds no agreement for a message of kind {kind!r}"
            )
        return getattr(answering, kind)(content)

    def identity(self, content: RecordDict) -> RecordDict:
        r = self.records
        return messages.pack(
            name=r.name,
            contract=self.spec.contract,
            train=r.train.height,
            validation=r.validation.height,
            test=r.test.height,
        )

    def counts(self, content: RecordDict) -> RecordDict:
        counts = outcome_counts(self.records.train, self.spec)
        return messages.pack({messages.SUMS: counts.to_vector()})

    def moments(self, content: RecordDict) -> RecordDict:
        encoding = Encoding.from_dict(json.loads(messages.config(content)["encoding"]))
        X = self._parts(encoding).train.X
        return messages.pack({messages.SUMS: feature_moments(X, logged_mask(self.spec))})

    def cells(self, content: RecordDict) -> RecordDict:
        encoding = Encoding.from_dict(json.loads(messages.config(content)["encoding"]))
        asked, columns = messages.arrays(content), self._columns(encoding)
        grids = np.split(asked["edges"], np.cumsum(asked["sizes"])[:-1])
        return messages.pack({messages.SUMS: np.concatenate([*map(cell_counts, columns, grids)])})

    def agree(self, content: RecordDict) -> RecordDict:
        agreement = Agreement.from_json(messages.config(content)["agreement"])
        self.task, self._ordered = task_for(agreement, self._parts(agreement.encoding), self.spec), None
        return messages.pack(agreed=True)

    def tally(self, content: RecordDict) -> RecordDict:
        question = Question.of(content)
        return messages.pack({messages.SUMS: figure_named(question.figure).of(self._own(question), question)})

    def _own(self, question: Question) -> OwnPart:
        """The part that is asked about; what was worked out of it is kept while the model stays the same."""
        if question.model is not self._judged:
            self._judged = question.model
            self._owned.clear()
        if question.part not in self._owned:
            frame = self.records.part(question.part)
            self._owned[question.part] = OwnPart(self.records.name, frame, self.spec, question.model)
        return self._owned[question.part]

    def _columns(self, encoding: Encoding) -> list[np.ndarray]:
        """The train records' present values by feature, put in order once for all refinements of a grid."""
        if self._ordered is None or self._ordered[0] != encoding:
            self._ordered = encoding, [in_order(column) for column in self._parts(encoding).train.X.T]
        return self._ordered[1]

    def _parts(self, encoding: Encoding) -> Parts:
        if self._encoded is None or self._encoded[0] != encoding:
            train, validation = (encode(f, encoding) for f in (self.records.train, self.records.validation))
            self._encoded = encoding, Parts(train, validation)
        return self._encoded[1]


def outcome_counts(frame: pl.DataFrame, spec: FeatureSpec) -> OutcomeCounts:
    """The records of `frame` by category level and outcome."""
    return OutcomeCounts.count(frame, outcomes(frame), spec.levels, len(spec.classes))


def encode(frame: pl.DataFrame, encoding: Encoding) -> Part:
    """The records of `frame` as numbers, feature by feature: trees part them by one column at a time."""
    return Part(np.asfortranarray(encoding.matrix(frame)), outcomes(frame))
