"""Boosting inside one bank, a few trees at a time, until its validation records gain no more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from federated.learners.loss import log_loss_sum
from federated.learners.protocol import TreeLearner
from federated.tasks.task import Parts


@dataclass(frozen=True)
class Pace:
    """At most `steps` steps of `trees` trees, at least `fewest`.

    It ends `patience` steps after the lowest validation loss; None takes all steps.
    """

    trees: int
    steps: int
    patience: int | None
    fewest: int = 1


@dataclass(frozen=True)
class Boosted:
    """The steps up to the lowest validation loss, as blobs, and the margins of the validation records by them."""

    steps: list[bytes]
    validation: np.ndarray


def boosted(
    learner: TreeLearner, parts: Parts, start: tuple[np.ndarray, np.ndarray], pace: Pace, seed: int
) -> Boosted:
    """Trees grown from the margins `start` of the train and the validation records, each of shape (n, K)."""
    data = learner.bind(parts.train.X, parts.train.outcome)
    F, V = start
    steps, margins = [], [V]
    losses = [np.inf if pace.fewest else log_loss_sum(V, parts.validation.outcome)]
    best = pace.fewest
    for step in range(1, pace.steps + 1):
        steps.append(learner.propose(data, F, pace.trees, seed + step))
        F = F + learner.margins(steps[-1], parts.train.X)
        margins.append(margins[-1] + learner.margins(steps[-1], parts.validation.X))
        losses.append(log_loss_sum(margins[-1], parts.validation.outcome))
        best = int(np.argmin(losses)) if pace.patience else step
        if pace.patience and step - best >= pace.patience:
            break
    return Boosted(steps[:best], margins[best])
