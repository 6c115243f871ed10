"""What messages cost by themselves: empty ones and their answers, by Flower's own means and by the in-process grid."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from federated import messages
from federated.engines import _flower_internals as flower
from federated.engines._flower_messages import answer_to
from federated.engines.inprocess import FIRST_NODE, InProcessGrid
from federated.exchange import Exchange
from federated.messages import KINDS

KIND = "histograms"
ROUTE = KINDS[KIND].route


def empty_messages(exchanges: int, banks: int) -> Iterator[dict]:
    """Seconds of so many exchanges with so many banks, of messages with one number in each."""
    ways = {"Flower's own": _by_flower, "the in-process grid's": _by_grid}
    for name, way in ways.items():
        begin = time.monotonic()
        way(exchanges, banks)
        seconds = time.monotonic() - begin
        yield {"trained": f"nothing: {exchanges * banks:,} empty messages, {name}", "seconds": seconds}


def _by_flower(exchanges: int, banks: int) -> None:
    flower.become_coordinator(1)
    context = Context(1, FIRST_NODE, {}, RecordDict(), {})
    app = _app(lambda question: Message(_content(MetricRecord({"round": 1})), reply_to=question))
    for _ in range(exchanges * banks):
        question = Message(_content(ConfigRecord({"start": 1})), FIRST_NODE, ROUTE)
        reply = app(flower.from_wire(flower.to_wire(question)), context)
        flower.from_wire(flower.to_wire(reply))


def _by_grid(exchanges: int, banks: int) -> None:
    number = np.zeros(1)
    app = _app(lambda question: answer_to(question, messages.pack({messages.SUMS: number}, {"round": 1})))
    grid = InProcessGrid(app, [{"bank": bank} for bank in range(banks)])
    exchange = Exchange(grid, 60.0)
    for _ in range(exchanges):
        content = messages.pack({"nodes": number}, start=1)
        answers = exchange.ask(KIND, dict.fromkeys(grid.get_node_ids(), content)).answers
        sum(messages.sums(answer.content) for answer in answers.values())


def _app(answer: Callable[[Message], Message]) -> ClientApp:
    app = ClientApp()

    @app.train(ROUTE.partition(".")[2])
    def respond(message: Message, context: Context) -> Message:
        return answer(message)

    return app


def _content(figures: MetricRecord | ConfigRecord) -> RecordDict:
    return RecordDict({"arrays": ArrayRecord({"sums": Array(np.zeros(1))}), "figures": figures})
