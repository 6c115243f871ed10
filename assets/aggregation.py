"""The consortium's models: averaged in rounds, one native model a family."""

from collections.abc import Callable

import dagster as dg
import polars as pl

from assets.engine import ENGINE, Engine, spending
from assets.ingestion import Parts
from assets.progress import report_round
from assets.retrying import retried
from assets.setting import all_banks_asset, consortium, contract
from assets.tables import picture, table
from assets.training import bank_list
from credit.home import Home
from credit.models import Model
from credit.plots import rounds_plot
from federated.reports import RoundReport
from registry.tracking import Tracking

SHUT_OUT = "banks_shut_out"


@all_banks_asset(
    group_name="aggregation",
    kinds={"flower", "lightgbm", "catboost"},
    code_version="1",
)
@retried(1)
def federated_models(
    context: dg.AssetExecutionContext,
    config: Engine,
    loan_records: dict[str, Parts],
    tracking: dg.ResourceParam[Tracking],
    home: dg.ResourceParam[Home],
) -> dict[str, Model]:
    """One model a family that all banks trained together; only messages left the banks."""
    from federated.engines.choice import GATHER_WAIT, WAIT, training_grid
    from federated.strategies.choice import served_strategy
    from federated.training import train_federated

    banks, setting, folder = bank_list(loan_records), consortium(), config.folder()
    parent = tracking.pipeline_run(context.run_id)
    models, rounds, spent = {}, [], []
    for family in setting.families:
        strategy = served_strategy(setting.strategy, family)
        run = tracking.child_run(parent, family, {"family": family, "strategy": strategy})
        with training_grid(banks, contract().spec, setting.masking, folder) as grid:
            trained = train_federated(
                family,
                grid,
                contract().spec,
                strategy=strategy,
                rounds=setting.rounds,
                trees_per_exchange=setting.trees_per_exchange,
                patience=setting.patience,
                quorum=setting.quorum,
                expected=len(banks),
                wait=WAIT,
                gather_wait=GATHER_WAIT if folder else 0.0,
                seed=setting.seed,
                on_round=_watch(family, setting.rounds, tracking, run, rounds),
                checkpoint=home.root / "checkpoints" / context.run_id / family,
                most_records=setting.records_per_bank,
                masking=setting.masking,
            )
        spent.append({"family": family, **spending(trained.privacy)})
        models[family] = trained.model
        tracking.log_params(run, {"family": family, "strategy": strategy, "banks": len(banks)})
        tracking.log_params(run, {ENGINE: config.name()})
        tracking.log_params(run, {SHUT_OUT: ", ".join(trained.expelled)})
        tracking.log_metrics(run, {f"bytes_{kind}": float(n) for kind, n in trained.bytes_by_kind.items()})
    metadata = _metadata(pl.DataFrame(rounds, infer_schema_length=None))
    privacy = table(pl.DataFrame(spent, infer_schema_length=None))
    context.add_output_metadata({**metadata, "differential privacy": privacy})
    return models


def _watch(
    family: str, total: int, tracking: Tracking, run: str, rows: list[dict]
) -> Callable[[RoundReport], None]:
    """Report each round to the terminal, to MLflow, and to the asset's table."""

    def on_round(report: RoundReport) -> None:
        report_round(family, report.round, total, report.validation_loss)
        losses = {"train_loss": report.train_loss, "validation_loss": report.validation_loss}
        known = {name: value for name, value in losses.items() if value is not None}
        tracking.log_metrics(run, {**known, "round_bytes": float(report.bytes)}, step=report.round)
        rows.append(
            {
                "family": family,
                "round": report.round,
                **losses,
                "bytes": report.bytes,
                "seconds": report.seconds,
                "banks": len(report.answered),
                "failed": "; ".join(f"{bank}: {why}" for bank, why in report.failed.items()),
            }
        )

    return on_round


def _metadata(rounds: pl.DataFrame) -> dict:
    last = rounds.group_by("family", maintain_order=True).agg(
        pl.len().alias("rounds"),
        pl.last("validation_loss"),
        pl.sum("bytes"),
        pl.sum("seconds"),
        pl.last("banks"),
    )
    return {
        "families": table(last),
        "rounds": table(rounds),
        "loss by round": picture(rounds_plot(rounds)),
        "banks left out in some round": table(
            rounds.filter(pl.col("failed") != "").select("family", "round", "failed")
        ),
    }
