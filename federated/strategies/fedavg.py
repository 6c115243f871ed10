"""Federated averaging (McMahan et al. 2017): of weights by Flower's FedAvg, of trees in function space."""

from __future__ import annotations

from collections.abc import Iterable

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg

from credit.errors import FederationError
from federated import messages
from federated.learners.protocol import TreeLearner
from federated.messages import EXAMPLES
from federated.strategies.trees import TreeStrategy, summed_figures


def logistic_fedavg() -> FedAvg:
    """Flower's own FedAvg over any number of banks; losses are summed, so that they add up."""
    return FedAvg(
        min_train_nodes=1,
        min_evaluate_nodes=1,
        min_available_nodes=1,
        evaluate_metrics_aggr_fn=summed_figures,
    )


class TreeFedAvg(TreeStrategy):
    """FedAvg in function space: F becomes F + sum_k (n_k / n) f_k, where bank k boosts f_k from F.

    A round's weighted sum of trees is its delta.
    """

    def __init__(self, learner: TreeLearner, trees_per_round: int = 1):
        super().__init__(learner)
        self.trees_per_round = trees_per_round

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        return self.messages("propose", grid.get_node_ids(), trees=self.trees_per_round)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Weigh the banks' trees by their numbers of records; returns the delta."""
        contents = [r.content for r in self.acknowledged(replies)]
        examples = [_examples(c) for c in contents]
        total = sum(examples)
        if not total:
            raise FederationError(f"round {server_round}: no bank has a train record")
        blobs = [messages.blobs(c)["trees"] for c in contents]
        self.deltas.append(self.learner.combine(blobs, [n / total for n in examples]))
        return self.delta_record(), MetricRecord({EXAMPLES: total})


def _examples(content: RecordDict) -> float:
    """A bank's number of train records; raises FederationError where it is no count."""
    count = messages.metrics(content)[EXAMPLES]
    if not 0 <= count < float("inf"):
        raise FederationError(f"a bank reports {count} train records")
    return count
