"""Flower's own way with trees, FedXgbBagging: every bank adds a tree a round to one XGBoost model.

Written after Flower's XGBoost quickstart; needs xgboost-cpu (`uv sync --group bench`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp.strategy import FedXgbBagging

from federated.engines.inprocess import InProcessGrid
from federated.tasks.task import Part

PARAMS = {"objective": "binary:logistic", "max_depth": 4, "nthread": 1, "tree_method": "hist"}


def bagged_margins(
    parts: Sequence[Part], X: np.ndarray, rounds: int, eta: float
) -> tuple[list[np.ndarray], list[float]]:
    """Margins of X, shape (n,), and seconds from the start, after each round of training on the banks' `parts`."""
    import xgboost as xgb  # pyright: ignore[reportMissingImports]

    data = [xgb.DMatrix(part.X, part.outcome) for part in parts]
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        own = data[int(str(context.node_config["bank"]))]
        held = message.content.array_records["arrays"]["0"].numpy().tobytes()
        booster = xgb.Booster(PARAMS | {"eta": eta}, [own], bytearray(held) or None)
        booster.update(own, booster.num_boosted_rounds())
        count = booster.num_boosted_rounds()
        grown = np.frombuffer(booster[count - 1 : count].save_raw("json"), np.uint8)
        figures = MetricRecord({"num-examples": own.num_row()})
        return Message(RecordDict({"arrays": ArrayRecord([grown]), "metrics": figures}), reply_to=message)

    strategy = FedXgbBagging(fraction_evaluate=0.0, min_train_nodes=1, min_available_nodes=1)
    grid = InProcessGrid(app, [{"bank": number} for number in range(len(parts))])
    arrays, margins, seconds, begin, test = _empty(), [], [], time.monotonic(), xgb.DMatrix(X)
    spent = 0.0
    for number in range(1, rounds + 1):
        sent = list(strategy.configure_train(number, arrays, ConfigRecord(), grid))
        arrays, _ = strategy.aggregate_train(number, grid.send_and_receive(sent))
        assert arrays is not None
        seconds.append(time.monotonic() - begin - spent)
        scoring = time.monotonic()
        booster = xgb.Booster(model_file=bytearray(arrays["0"].numpy().tobytes()))
        margins.append(booster.predict(test, output_margin=True))
        spent += time.monotonic() - scoring
    return margins, seconds


def _empty() -> ArrayRecord:
    return ArrayRecord([np.frombuffer(b"", np.uint8)])
