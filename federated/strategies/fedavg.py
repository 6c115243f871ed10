"""Federated averaging (McMahan et al. 2017): of weights by Flower's FedAvg, of trees in function space."""

from __future__ import annotations

from collections.abc import Iterable

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg, Strategy

from credit.errors import FederationError
from federated import messages
from federated.learners.protocol import TreeLearner
from federated.messages import EXAMPLES, KINDS
from federated.tasks.trees import HELD

# Averaging over banks damps every step: at this rate the same loss takes half the rounds and trees.
LEARNING_RATE = 0.3


def logistic_fedavg() -> FedAvg:
    """Flower's own FedAvg over any number of banks; losses are summed, so that they add up."""
    return FedAvg(
        min_train_nodes=1,
        min_evaluate_nodes=1,
        min_available_nodes=1,
        evaluate_metrics_aggr_fn=summed_figures,
    )


def summed_figures(contents: list[RecordDict], weighted_by_key: str = EXAMPLES) -> MetricRecord:
    """The banks' figures, each summed over banks."""
    figures = [messages.metrics(content) for content in contents]
    return MetricRecord({name: sum(f[name] for f in figures) for name in figures[0] if name != HELD})


class TreeFedAvg(Strategy):
    """FedAvg in function space: F becomes F + sum_k (n_k / n) f_k, where bank k boosts f_k from F.

    A round's weighted sum of trees is its delta. The coordinator keeps every delta and what each bank
    holds, so a message carries just the deltas its bank lacks.
    """

    def __init__(self, learner: TreeLearner, trees_per_round: int = 1):
        self.learner, self.trees_per_round = learner, trees_per_round
        self.deltas: list[bytes] = []
        self.held: dict[int, int] = {}
        self._asked: set[int] = set()

    def trees(self, rounds: int) -> bytes:
        """The blob of all trees of the first `rounds` rounds."""
        return self.learner.combine(self.deltas[:rounds], [1.0] * rounds)

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        return self._messages("propose", grid)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Weigh the banks' trees by their numbers of records; returns the delta."""
        contents = [r.content for r in self._acknowledged(replies)]
        examples = [_examples(c) for c in contents]
        total = sum(examples)
        if not total:
            raise FederationError(f"round {server_round}: no bank has a train record")
        blobs = [messages.blobs(c)["trees"] for c in contents]
        self.deltas.append(self.learner.combine(blobs, [n / total for n in examples]))
        delta = messages.pack({"delta": self.deltas[-1]}).array_records[messages.ARRAYS]
        return delta, MetricRecord({EXAMPLES: total})

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        return self._messages("losses", grid)

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        return summed_figures([r.content for r in self._acknowledged(replies)])

    def summary(self) -> None:
        """Nothing to log: the round reports tell."""

    def _messages(self, kind: str, grid: Grid) -> list[Message]:
        nodes = list(grid.get_node_ids())
        self._asked = set(nodes)
        return [Message(self._update(n), dst_node_id=n, message_type=KINDS[kind].route) for n in nodes]

    def _update(self, node: int) -> RecordDict:
        """The deltas that `node` lacks, by round."""
        start = self.held.get(node, 0)
        lacking = {f"{r:06d}": blob for r, blob in enumerate(self.deltas[start:], start + 1)}
        return messages.pack(lacking, start=start, trees=self.trees_per_round)

    def _acknowledged(self, replies: Iterable[Message]) -> list[Message]:
        """Note what each bank asked holds now; one that failed holds nothing for certain."""
        came = list(replies)
        held = {r.metadata.src_node_id: int(messages.metrics(r.content)[HELD]) for r in came}
        self.held |= {node: held.get(node, 0) for node in self._asked}
        return came


def _examples(content: RecordDict) -> float:
    """A bank's number of train records; raises FederationError where it is no count."""
    count = messages.metrics(content)[EXAMPLES]
    if not 0 <= count < float("inf"):
        raise FederationError(f"a bank reports {count} train records")
    return count
