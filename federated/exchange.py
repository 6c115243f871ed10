"""Asking banks and collecting their answers: bounded in time, sized in bytes, failures by reason."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from federated.engines._flower_messages import messages_of
from federated.messages import KIND_OF_ROUTE, KINDS, size
from federated.privacy.coordinator import MaskedSum
from federated.privacy.masking import MaskingTerms, from_vector, is_masked
from federated.privacy.noise import plausible

POLL_SECONDS = 0.05
Check = Callable[[list[int], str, RecordDict], str | None]


@dataclass(frozen=True)
class Replies:
    """Answers and reasons of failure, each by node."""

    answers: dict[int, Message]
    failures: dict[int, str]


class Exchange:
    """The coordinator's line to the banks over any Flower Grid.

    `wait` bounds, in seconds, how long one exchange may take. `bytes` counts what was sent and
    received, by message kind. `check` says of an answer of banks why it cannot be used: it then counts as
    failed. With `masking`, only sums over banks are learnt of what is additive; `releases` counts them.
    """

    def __init__(self, grid: Grid, wait: float, masking: MaskingTerms | None = None):
        self.grid, self.wait, self.masking = grid, wait, masking
        self.bytes: Counter[str] = Counter()
        self.releases: Counter[str] = Counter()
        self.check: Check = lambda nodes, kind, content: None

    def ask(self, kind: str, questions: Mapping[int, RecordDict]) -> Replies:
        """Put a question of `kind` to each node of `questions`."""
        return self.send(messages_of(questions, KINDS[kind].route))

    def send(self, questions: Iterable[Message]) -> Replies:
        """Send `questions` of one kind, at most one a node, and wait for the answers.

        Of a masked kind the first answer holds the sum over all that answered, the others zeros.
        """
        sent = list(questions)
        if not sent:
            return Replies({}, {})
        kind = KIND_OF_ROUTE[sent[0].metadata.message_type]
        if self.masking and is_masked(kind):
            return self._masked(kind, {m.metadata.dst_node_id: m.content for m in sent}, self.masking)
        return self._plain(kind, sent)

    def _masked(self, kind: str, questions: Mapping[int, RecordDict], terms: MaskingTerms) -> Replies:
        def ask(stage: Mapping[int, RecordDict]) -> Replies:
            return self._plain(kind, messages_of(stage, KINDS[kind].route))

        masked = MaskedSum(ask, questions, terms.min_banks)
        found = masked.run()
        if found is None:
            return Replies({}, masked.failures)
        vector, answers = found
        self.releases[kind] += 1
        if terms.noise is not None:
            vector = plausible(kind, vector)
        for place, answer in enumerate(answers.values()):
            answer.content = from_vector(kind, vector if not place else 0.0 * vector, answer.content)
        fault = None if terms.noise else self.check(list(answers), kind, next(iter(answers.values())).content)
        if fault:
            return Replies({}, masked.failures | dict.fromkeys(answers, f"the sum over banks: {fault}"))
        return Replies(answers, masked.failures)

    def _plain(self, kind: str, sent: list[Message]) -> Replies:
        self._count(kind, sent)
        asked = [m.metadata.dst_node_id for m in sent]
        ids = self.grid.push_messages(sent)
        # An error reply names the link, not the bank, as its source: the question's id tells.
        nodes = {i: node for i, node in zip(ids, asked, strict=True) if i}
        replies = self._collect(set(nodes))
        self._count(kind, replies.values())
        by_node = {nodes[i]: reply for i, reply in replies.items()}
        silent = [node for node in asked if node not in by_node]
        failures = dict.fromkeys(silent, f"no answer within {self.wait:g} s")
        failures |= {n: why for n, r in by_node.items() if (why := self._fault(n, kind, r))}
        return Replies({n: r for n, r in by_node.items() if n not in failures}, failures)

    def _fault(self, node: int, kind: str, reply: Message) -> str | None:
        if reply.has_error():
            return reply.error.reason or "no reason given"
        return self.check([node], kind, reply.content)

    def _collect(self, waiting: set[str]) -> dict[str, Message]:
        """The replies that come in time, by the id of their question."""
        deadline, replies = time.monotonic() + self.wait, {}
        while waiting:
            came = {r.metadata.reply_to_message_id: r for r in self.grid.pull_messages(waiting)}
            replies |= came
            waiting = waiting - came.keys()
            if came:
                continue  # the grid may have waited for one bank's half-sent answer while others lay ready
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        return replies

    def _count(self, kind: str, messages: Iterable[Message]) -> None:
        """Add the messages' bytes up; what goes to several banks alike is sized once."""
        contents = [m.content for m in messages if m.has_content()]
        sizes = {key: size(content) for key, content in {id(c): c for c in contents}.items()}
        self.bytes[kind] += sum(sizes[id(content)] for content in contents)
