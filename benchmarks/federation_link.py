"""What a round costs over real processes: SuperLink, gate, and a SuperNode and an agent a bank, TLS and keys."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from federated.engines.deployment import deployed_grid
from federated.training import train_federated
from tests.federated.network import SPEC, Network

BANKS, RECORDS, ROUNDS, TREES_A_ROUND = 5, 20_000, 2, 5


def link(rounds: int) -> Iterator[dict]:
    """Seconds a round of five trees over a SuperLink, with five banks, all on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        network = Network(Path(folder), BANKS, rows=RECORDS)
        network.start()
        try:
            for strategy in ("leaf_refit", "histogram"):
                yield {"strategy": strategy, "banks": BANKS, **_measured(network, strategy)}
        finally:
            network.stop()


def _measured(network: Network, strategy: str) -> dict[str, float]:
    """Seconds a round after the first, in which banks connect and agree."""
    marks: list[float] = []
    with deployed_grid(network.coordinator) as grid:
        train_federated(
            "lightgbm",
            grid,
            SPEC,
            strategy=strategy,
            rounds=ROUNDS + 1,
            trees_per_round=TREES_A_ROUND,
            on_round=lambda report: marks.append(time.monotonic()),
            expected=BANKS,
            quorum=1.0,
            gather_wait=150.0,
        )
    return {"seconds_a_round": (marks[-1] - marks[0]) / ROUNDS}
