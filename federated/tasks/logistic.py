"""A bank's part in training logistic weights, in the shape Flower's own strategies expect."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from flwr.app import RecordDict

from credit.errors import FederationError
from federated import messages
from federated.agreement import Agreement
from federated.learners.logistic import LogisticLearner, LogisticParams
from federated.tasks.task import Parts, losses

WEIGHTS = "weights"


class LogisticTask:
    """Improves the common weights on the bank's own standardised records."""

    ANSWERS: ClassVar = frozenset({"weights", "losses"})

    def __init__(self, agreement: Agreement, parts: Parts):
        if agreement.standardisation is None:
            raise FederationError("the agreement has no standardisation: start the training again")
        self.parts = parts
        self.learner = LogisticLearner(LogisticParams(**agreement.params))
        self.train = agreement.standardisation.transform(parts.train.X)
        self.validation = agreement.standardisation.transform(parts.validation.X)

    def weights(self, content: RecordDict) -> RecordDict:
        better = self.learner.improve(_weights(content), self.train, self.parts.train.outcome)
        return messages.pack({WEIGHTS: better}, {messages.EXAMPLES: len(self.train)})

    def losses(self, content: RecordDict) -> RecordDict:
        train, validation = (
            self.learner.margins(_weights(content), Z) for Z in (self.train, self.validation)
        )
        return losses(train, validation, self.parts)


def _weights(content: RecordDict) -> np.ndarray:
    return messages.arrays(content)[WEIGHTS]
