"""Grids beside Flower's own: what they share, and one that shows strategies the members alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from federated.engines._flower_internals import Run


class MessageGrid(Grid):
    """A grid whose messages are Flower's as they are: this process has the coordinator's identity."""

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        return Message(content, dst_node_id, message_type, group_id=group_id, ttl=ttl)


class MembersGrid(MessageGrid):
    """Another grid, of whose nodes strategies see those that `members` tells at the moment."""

    def __init__(self, grid: Grid, members: Callable[[], list[int]]):
        self._grid, self._members = grid, members

    def set_run(self, run: Run) -> None:
        self._grid.set_run(run)

    @property
    def run(self) -> Run:
        return self._grid.run

    def get_node_ids(self) -> list[int]:
        return self._members()

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        return self._grid.push_messages(messages)

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        return self._grid.pull_messages(message_ids)

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        return self._grid.send_and_receive(messages, timeout=timeout)
