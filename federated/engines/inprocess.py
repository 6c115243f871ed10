"""Flower's Grid inside this process: every bank answers here, in a small pool of threads."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp

from federated.engines import _flower_internals as flower
from federated.engines._flower_messages import received
from federated.engines.grids import MessageGrid

RUN_ID = 1
FIRST_NODE = 2**63 + 1
# Seconds: of answers that take less, several threads would spend more on handing Python's lock to and fro.
BRIEF = 5e-4


class InProcessGrid(MessageGrid):
    """Carries messages to one ClientApp that serves every bank, as Flower's engines would.

    Messages are copied both ways, as far as anyone could change them, so a bank never shares an object
    with the coordinator or another bank; an exception at a bank becomes an Error reply. Banks work in
    parallel; each keeps its own Context and its own state, so the order of work changes nothing.
    """

    def __init__(self, app: ClientApp, node_configs: Iterable[dict], workers: int | None = None):
        flower.become_coordinator(RUN_ID)
        self.app = app
        self.contexts = {n: _context(n, c) for n, c in enumerate(node_configs, FIRST_NODE)}
        self.workers = workers or os.cpu_count() or 1
        self._helpers = ThreadPoolExecutor(max(1, self.workers - 1))
        self._replies: dict[str, Message] = {}
        self._ids = count(1)
        self._pace: dict[str, float] = {}
        self._run = flower.run_of(RUN_ID)

    def set_run(self, run: flower.Run) -> None:
        self._run = run

    @property
    def run(self) -> flower.Run:
        return self._run

    def get_node_ids(self) -> list[int]:
        return list(self.contexts)

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        """Let the banks answer `messages`; the replies wait for `pull_messages`."""
        sent = list(messages)
        for message in sent:
            flower.set_message_id(message, str(next(self._ids)))
        for kind, alike in _by_kind(sent).items():
            begin, waiting = time.perf_counter(), iter(alike)
            helpers = 0 if self._pace.get(kind, 1.0) < BRIEF else min(self.workers, len(alike)) - 1
            helping = [self._helpers.submit(self._serve, waiting) for _ in range(helpers)]
            self._serve(waiting)
            for helper in helping:
                helper.result()
            self._pace[kind] = (time.perf_counter() - begin) * (1 + helpers) / len(alike)
        return [m.metadata.message_id for m in sent]

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        return [self._replies.pop(i) for i in message_ids if i in self._replies]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> list[Message]:
        return self.pull_messages(self.push_messages(messages))

    def _serve(self, waiting: Iterator[Message]) -> None:
        """Deliver messages until none is left; several threads share the iterator, which each asks in turn."""
        for message in waiting:
            reply = self._deliver(received(message))
            if reply is not None:
                self._replies[message.metadata.message_id] = reply

    def _deliver(self, message: Message) -> Message | None:
        """The bank's reply, or None where the bank has gone."""
        context = self.contexts.get(message.metadata.dst_node_id)
        if context is None:
            return None
        try:
            reply = self.app(message, context)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            reply = Message(Error(flower.CLIENT_APP_RAISED, reason), reply_to=message)
        return received(reply)


def _by_kind(messages: list[Message]) -> dict[str, list[Message]]:
    """The messages by their type, in order."""
    kinds: dict[str, list[Message]] = {}
    for message in messages:
        kinds.setdefault(message.metadata.message_type, []).append(message)
    return kinds


def _context(node: int, config: dict) -> Context:
    return Context(RUN_ID, node, config, RecordDict(), {})
