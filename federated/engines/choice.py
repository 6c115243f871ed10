"""Which engine carries a training's messages: this process, or the deployment engine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flwr.serverapp import Grid

from credit.features import BankRecords, FeatureSpec
from federated.privacy.masking import MaskingTerms

# Seconds to wait on real links: for one exchange, and for banks that are not connected yet.
WAIT, GATHER_WAIT = 600.0, 300.0


def coordinator_folder() -> Path | None:
    """The folder that COORDINATOR names: set, banks are reached through its SuperLink."""
    given = os.environ.get("COORDINATOR", "")
    return Path(given) if given else None


@contextmanager
def training_grid(
    banks: Sequence[BankRecords],
    spec: FeatureSpec,
    masking: MaskingTerms | None = None,
    folder: Path | None = None,
) -> Iterator[Grid]:
    """A grid over the banks connected to the coordinator of `folder`; without one, over `banks` in this process.

    Raises FederationError where the folder is none, or its SuperLink does not answer.
    """
    if folder is None:
        from federated.training import inprocess_grid

        yield inprocess_grid(banks, spec, masking=masking)
        return
    from federated.engines.coordinator import Coordinator
    from federated.engines.deployment import deployed_grid

    with deployed_grid(Coordinator(folder)) as grid:
        yield grid
