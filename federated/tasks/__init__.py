"""A bank's part in one training: its state between messages, and its answers."""

from __future__ import annotations

from credit.features import FeatureSpec
from federated.agreement import Agreement
from federated.tasks.task import Parts, Task


def task_for(agreement: Agreement, parts: Parts, spec: FeatureSpec) -> Task:
    """The bank's part in the training of `agreement.family`."""
    if agreement.family == "logistic":
        from federated.tasks.logistic import LogisticTask

        return LogisticTask(agreement, parts)
    from federated.tasks.trees import TreeTask

    return TreeTask(agreement, parts, spec)


__all__ = ["Parts", "Task", "task_for"]
