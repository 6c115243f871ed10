"""What carries the messages between the consortium and its banks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl
from pydantic import Field

from assets.ingestion import Parts
from assets.setting import consortium, contract
from assets.tables import table
from assets.training import bank_list
from registry.tracking import Tracking

if TYPE_CHECKING:
    from federated.privacy.accounting import PrivacySpent
    from federated.tally import Tally

ENGINE, SIMULATION, LINK = "engine", "simulation", "link"


class Engine(dg.Config):
    """What carries the messages of a training, and of the figures after it."""

    coordinator: str = Field(
        default="",
        description="folder of a running coordinator (`fedcredit coordinator up`), to train with real banks; "
        "by default that of COORDINATOR, and without one all banks are simulated in this process",
    )

    def folder(self) -> Path | None:
        from federated.engines.choice import coordinator_folder

        return Path(self.coordinator) if self.coordinator else coordinator_folder()

    def name(self) -> str:
        """Whether the banks sit behind a link or are simulated, as a training's MLflow run has it."""
        return LINK if self.folder() else SIMULATION


def trained_over_link(tracking: Tracking, run_id: str) -> bool:
    """Whether the model of this MLflow run was trained with banks at sites of their own."""
    return tracking.param(run_id, ENGINE) == LINK


@contextmanager
def bank_tally(
    context: dg.AssetExecutionContext, engine: Engine, loan_records: dict[str, Parts]
) -> "Iterator[Tally]":
    """The consortium's banks, ready to be asked for additive figures; what noise was spent becomes metadata."""
    from federated.engines.choice import GATHER_WAIT, WAIT, training_grid
    from federated.tally import Tally

    banks, setting, folder = bank_list(loan_records), consortium(), engine.folder()
    with training_grid(banks, contract().spec, setting.masking, folder) as grid:
        tally = Tally.of_grid(
            grid,
            contract().spec,
            quorum=setting.quorum,
            expected=len(banks),
            wait=WAIT,
            gather_wait=GATHER_WAIT if folder else 0.0,
            most_records=setting.records_per_bank,
            masking=setting.masking,
            alias={bank.name: bank.alias for bank in setting.banks},
        )
        yield tally
        if tally.privacy is not None:
            context.add_output_metadata(
                {"differential privacy": table(pl.DataFrame([spending(tally.privacy)]))}
            )


def spending(privacy: "PrivacySpent | None") -> dict[str, float | str | None]:
    """What messages spent of differential privacy, as a row."""
    if privacy is None:
        return {"epsilon": None, "delta": None, "noised sums": 0, "without noise": "all messages"}
    return {
        "epsilon": privacy.epsilon,
        "delta": privacy.delta,
        "noised sums": sum(privacy.releases.values()),
        "without noise": "; ".join(privacy.outside.values()),
    }
