"""What strategies for boosted trees share: the deltas so far, and what each bank holds of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from federated import messages
from federated.engines._flower_messages import messages_of
from federated.learners.protocol import TreeLearner
from federated.messages import EXAMPLES, KINDS
from federated.roster import Roster
from federated.tasks.trees import HELD
from federated.trust import POISONED, distrusted


def summed_figures(contents: list[RecordDict], weighted_by_key: str = EXAMPLES) -> MetricRecord:
    """The banks' figures, each summed over banks."""
    figures = [messages.metrics(content) for content in contents]
    return MetricRecord({name: sum(f[name] for f in figures) for name in figures[0] if name != HELD})


class TreeStrategy(Strategy):
    """Boosting from a shared margin: every step adds a delta, a blob of trees, to the model.

    The coordinator keeps every delta and what each bank holds, so a message carries just the deltas its
    bank lacks. A round takes `steps` deltas.
    """

    def __init__(self, learner: TreeLearner, steps: int = 1):
        self.learner, self.steps = learner, steps
        self.deltas: list[bytes] = []
        self.held: dict[int, int] = {}
        self._asked: set[int] = set()

    def trees(self, rounds: int) -> bytes:
        """The blob of all trees of the first `rounds` rounds."""
        kept = self.deltas[: rounds * self.steps]
        return self.learner.combine(kept, [1.0] * len(kept))

    @abstractmethod
    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        """The first messages of a round."""

    @abstractmethod
    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The round's last delta, made of the banks' answers."""

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        return self.messages("losses", grid.get_node_ids())

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        return summed_figures([r.content for r in self.acknowledged(replies)])

    def summary(self) -> None:
        """Nothing to log: the round reports tell."""

    def messages(self, kind: str, nodes: Iterable[int], **content: Any) -> list[Message]:
        """A question of `kind` to each node, with the deltas it lacks."""
        self._asked = set(nodes)
        held = {node: self.held.get(node, 0) for node in sorted(self._asked)}
        updates = {start: self.update(start, **content) for start in set(held.values())}
        return messages_of({node: updates[start] for node, start in held.items()}, KINDS[kind].route)

    def update(
        self, start: int, arrays: dict[str, np.ndarray | bytes] | None = None, **config: Any
    ) -> RecordDict:
        """`arrays`, `config` and the deltas after the first `start` ones, by number."""
        lacking = {f"{r:06d}": blob for r, blob in enumerate(self.deltas[start:], start + 1)}
        return messages.pack({**lacking, **(arrays or {})}, start=start, **config)

    def acknowledged(self, replies: Iterable[Message]) -> list[Message]:
        """Note what each bank asked holds now; one that failed holds nothing for certain."""
        came = list(replies)
        held = {r.metadata.src_node_id: int(messages.metrics(r.content)[HELD]) for r in came}
        self.held |= {node: held.get(node, 0) for node in self._asked}
        return came

    def delta_record(self) -> ArrayRecord:
        """The newest delta, as Flower passes a round's result on."""
        return messages.pack({"delta": self.deltas[-1]}).array_records[messages.ARRAYS]


class SummingStrategy(TreeStrategy):
    """A tree strategy whose steps are made of sums over banks, in exchanges of their own.

    A round opens with a question to every bank; those that answer take part in its steps, as long as they
    answer. `failures` gives the reasons of those that did not, by node.
    """

    def __init__(self, learner: TreeLearner, roster: Roster, steps: int):
        super().__init__(learner, steps)
        self.roster = roster
        self.failures: dict[int, str] = {}

    @abstractmethod
    def step(self, nodes: list[int], opening: list[Message]) -> bytes:
        """One delta from the banks at `nodes`; `opening` has the round's first answers, for its first step."""

    @abstractmethod
    def open_round(self, nodes: list[int]) -> list[Message]:
        """A round's first questions, one to each bank at `nodes`."""

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        self.failures = {}
        nodes = list(grid.get_node_ids())
        asked = self.open_round(nodes)
        self._asked = set(nodes)
        return asked

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Take the round's steps; returns the last delta."""
        opening = self.acknowledged(replies)
        answered = {answer.metadata.src_node_id for answer in opening}
        for _ in range(self.steps):
            nodes = [node for node in self.roster.nodes if node in answered]
            self.deltas.append(self.step(nodes, opening))
            opening = []
        return self.delta_record(), MetricRecord({EXAMPLES: len(answered)})

    def ask(self, kind: str, nodes: Iterable[int], **content: Any) -> list[Message]:
        """The answers there are, in order of bank name."""
        replies = self.roster.exchange.send(self.messages(kind, nodes, **content))
        self.failures |= replies.failures
        return self.acknowledged(replies.answers[n] for n in sorted(replies.answers, key=self.roster.name))

    def vectors(self, answers: list[Message]) -> dict[int, np.ndarray]:
        """The vectors of additive answers by node."""
        return {answer.metadata.src_node_id: messages.sums(answer.content) for answer in answers}

    @property
    def judging(self) -> bool:
        """Whether the sums asked for now can show that a bank is poisoned."""
        return not self.deltas and not self.roster.exchange.masking

    def sums(self, kind: str, nodes: Iterable[int], judged: int = 0, **content: Any) -> dict[int, np.ndarray]:
        """The banks' vectors of an additive kind of answer, by node in order of bank name.

        Where sums are masked, the first bank's holds the sum over all and the others' zeros. A bank
        that fails is out until the next round. `judged`, where not 0, says in how many of the cells
        each record is: a bank that the sums before the first tree show to be poisoned is out for good.
        Raises BanksExpelled then, and FederationError below the quorum.
        """
        replies = self.roster.exchange.send(self.messages(kind, nodes, **content))
        self.failures |= replies.failures
        answers = self.acknowledged(self.roster.require(replies, f"banks answered {kind}"))
        vectors = self.vectors(answers)
        if judged and self.judging:
            cells = {self.roster.name(node): vector.reshape(-1, 3) for node, vector in vectors.items()}
            self.roster.expel(distrusted(cells, self.learner.shrinkage.l2, judged), POISONED)
        return vectors
