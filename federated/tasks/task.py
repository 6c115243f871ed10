"""What the parts of a bank in every family's training have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from flwr.app import RecordDict

from federated import messages
from federated.learners.loss import log_loss_sum


@dataclass(frozen=True)
class Part:
    """Encoded records: X of shape (n, F), best in column-major order, class numbers of shape (n,)."""

    X: np.ndarray
    outcome: np.ndarray


@dataclass(frozen=True)
class Parts:
    """The parts of a bank that training reads; the test part is never encoded here."""

    train: Part
    validation: Part


class Task(Protocol):
    """Answers the message kinds of one training that `ANSWERS` names, each by its method of that name."""

    ANSWERS: ClassVar[frozenset[str]]


def losses(train: np.ndarray, validation: np.ndarray, parts: Parts) -> RecordDict:
    """The answer to `losses`: sums of log loss under the given margins, and numbers of records."""
    figures = {
        messages.EXAMPLES: len(parts.validation.outcome),
        "validation-loss": log_loss_sum(validation, parts.validation.outcome),
        "train-examples": len(parts.train.outcome),
        "train-loss": log_loss_sum(train, parts.train.outcome),
    }
    return messages.pack(metrics=figures)
