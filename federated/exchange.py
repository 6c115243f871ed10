"""Asking banks and collecting their answers: bounded in time, sized in bytes, failures by reason."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from federated.messages import KIND_OF_ROUTE, KINDS, size

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Replies:
    """Answers and reasons of failure, each by node."""

    answers: dict[int, Message]
    failures: dict[int, str]


class Exchange:
    """The coordinator's line to the banks over any Flower Grid.

    `wait` bounds, in seconds, how long one exchange may take. `bytes` counts what was sent and
    received, by message kind. `check` says of an answer why it cannot be used: it then counts as failed.
    """

    def __init__(self, grid: Grid, wait: float):
        self.grid, self.wait = grid, wait
        self.bytes: Counter[str] = Counter()
        self.check: Callable[[int, str, RecordDict], str | None] = lambda node, kind, content: None

    def ask(self, kind: str, questions: Mapping[int, RecordDict]) -> Replies:
        """Put a question of `kind` to each node of `questions`."""
        route = KINDS[kind].route
        return self.send(Message(c, node, route) for node, c in questions.items())

    def send(self, questions: Iterable[Message]) -> Replies:
        """Send `questions`, at most one a node, and wait for the answers."""
        sent = list(questions)
        self._count(sent)
        ids = self.grid.push_messages(sent)
        # An error reply names the link, not the bank, as its source: the question's id tells.
        nodes = {i: m.metadata.dst_node_id for i, m in zip(ids, sent, strict=True) if i}
        replies = self._collect(set(nodes))
        self._count(replies)
        by_node = {nodes[r.metadata.reply_to_message_id]: r for r in replies}
        silent = (m.metadata.dst_node_id for m in sent if m.metadata.dst_node_id not in by_node)
        failures = dict.fromkeys(silent, f"no answer within {self.wait:g} s")
        failures |= {n: why for n, r in by_node.items() if (why := self._fault(n, r))}
        return Replies({n: r for n, r in by_node.items() if n not in failures}, failures)

    def _fault(self, node: int, reply: Message) -> str | None:
        if reply.has_error():
            return reply.error.reason or "no reason given"
        return self.check(node, KIND_OF_ROUTE[reply.metadata.message_type], reply.content)

    def _collect(self, waiting: set[str]) -> list[Message]:
        deadline, replies = time.monotonic() + self.wait, []
        while waiting:
            came = list(self.grid.pull_messages(waiting))
            replies += came
            waiting = waiting - {r.metadata.reply_to_message_id for r in came}
            if time.monotonic() > deadline:
                break
            if waiting and not came:
                time.sleep(POLL_SECONDS)
        return replies

    def _count(self, messages: Iterable[Message]) -> None:
        for m in messages:
            if m.has_content():
                self.bytes[KIND_OF_ROUTE[m.metadata.message_type]] += size(m.content)
