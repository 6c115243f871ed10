"""A coordinator that is killed after its first round: `python -m tests.federated.killed_coordinator ...`."""

import os
import signal
import sys
from pathlib import Path

from federated.engines.coordinator import Coordinator
from federated.engines.deployment import deployed_grid
from federated.training import train_federated
from tests.federated.network import SPEC, TERMS


def die(report) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    with deployed_grid(Coordinator(Path(sys.argv[1]))) as grid:
        options = TERMS | {"quorum": 1.0, "checkpoint": Path(sys.argv[2]), "on_round": die}
        train_federated("lightgbm", grid, SPEC, rounds=3, **options)
