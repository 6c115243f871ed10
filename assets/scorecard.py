"""The interpretable challenger: a scorecard that people can read and check by hand."""

import dagster as dg
import polars as pl

from assets.ingestion import Parts
from assets.setting import OWNERS, consortium, contract, every_bank, one_run
from assets.tables import table
from assets.training import bank_list
from credit.calibration import ScoreHistogram, fit_calibration, risk_margin
from credit.evaluation import ALL_BANKS, Candidate, figures, score_banks
from credit.features import OUTCOME
from credit.models import Model
from credit.points import PointsScale
from credit.scorecard import scorecard_table, train_scorecard
from registry.tracking import Tracking

FIGURES = ("auc", "auc_low", "auc_high", "ks", "brier", "logloss", "gap")


@dg.asset(
    ins={"loan_records": dg.AssetIn(partition_mapping=every_bank)},
    backfill_policy=one_run,
    group_name="aggregation",
    kinds={"numpy"},
    owners=OWNERS,
    code_version="1",
)
def scorecard(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    tracking: dg.ResourceParam[Tracking],
) -> dict:
    """A logistic scorecard on weight-of-evidence bins, fitted from the banks' sums, as a table of points."""
    banks = bank_list(loan_records)
    model = train_scorecard([bank.train for bank in banks], contract().spec)
    scores = {
        p: score_banks([Candidate("scorecard", "federated", model)], banks, p) for p in ("train", "test")
    }
    row = (
        figures(scores["test"], scores["train"], seed=consortium().seed)
        .filter(bank=ALL_BANKS)
        .row(0, named=True)
    )
    scale = _scale(model, pl.concat([bank.validation for bank in banks]))
    printed = scorecard_table(model, scale, contract())
    parent = tracking.pipeline_run(context.run_id)
    run = tracking.child_run(parent, "scorecard", {"family": "scorecard", "strategy": "federated"})
    tracking.log_metrics(run, {k: row[k] for k in FIGURES})
    tracking.log_bytes(run, printed.write_csv().encode(), "scorecard.csv")
    left_out = [f for f, w in zip(model.encoding.features, model.weights, strict=False) if w == 0]
    context.add_output_metadata(
        {
            "out-of-time test": table(pl.DataFrame([{k: row[k] for k in FIGURES}])),
            "scorecard": table(printed, digits=3),
            "features left out": ", ".join(left_out) or "none",
        }
    )
    return {"model": model, "table": printed, "figures": pl.DataFrame([{k: row[k] for k in FIGURES}])}


def _scale(model: Model, validation: pl.DataFrame) -> PointsScale:
    """Points of the scorecard on the consortium's scale; straight, so that each bin has its points."""
    margin = risk_margin(model.margin(model.encoding.matrix(validation)))
    default = (validation[OUTCOME] == len(contract().classes) - 1).to_numpy().astype(int)
    calibration, _ = fit_calibration(ScoreHistogram.count(margin, default), methods=("platt",))
    return PointsScale(consortium().policy.score, calibration)
