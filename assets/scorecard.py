"""The interpretable benchmark: a scorecard that people can read and check by hand."""

import dagster as dg
import polars as pl

from assets.engine import Engine, bank_tally
from assets.ingestion import Parts
from assets.setting import all_banks_asset, consortium, contract
from assets.tables import table
from credit.calibration import ScoreHistogram, fit_calibration
from credit.evaluation import ALL_BANKS
from credit.points import PointsScale
from credit.scorecard import scorecard_table, train_scorecard
from registry.tracking import Tracking

FIGURES = ("auc", "auc_low", "auc_high", "ks", "brier", "logloss", "gap")


@all_banks_asset(group_name="aggregation", kinds={"flower", "numpy"}, code_version="2")
def scorecard(
    context: dg.AssetExecutionContext,
    config: Engine,
    loan_records: dict[str, Parts],
    tracking: dg.ResourceParam[Tracking],
) -> dict:
    """A logistic scorecard on weight-of-evidence bins, fitted from the banks' sums, as a table of points."""
    from federated.evaluation import federated_figures
    from federated.scorecard import BankSums

    with bank_tally(context, config, loan_records) as tally:
        model = train_scorecard(BankSums(tally), contract().spec)
        overall = federated_figures({"scorecard": model}, tally, {"test": 200}, seed=consortium().seed)
        margins = ScoreHistogram.from_vector(tally("margins", "validation", model).total)
    row = overall["test"].filter(bank=ALL_BANKS).row(0, named=True)
    # Straight, so that each bin has its points.
    calibration, _ = fit_calibration(margins, methods=("platt",))
    printed = scorecard_table(model, PointsScale(consortium().policy.score, calibration), contract())
    parent = tracking.pipeline_run(context.run_id)
    run = tracking.child_run(parent, "scorecard", {"family": "scorecard"})
    tracking.log_metrics(run, {k: row[k] for k in FIGURES})
    tracking.log_bytes(run, printed.write_csv().encode(), "scorecard.csv")
    left_out = [f for f, w in zip(model.encoding.features, model.weights, strict=False) if w == 0]
    context.add_output_metadata(
        {
            contract().holdout.test: table(pl.DataFrame([{k: row[k] for k in FIGURES}])),
            "scorecard": table(printed, digits=3),
            "features left out": ", ".join(left_out) or "none",
        }
    )
    return {"model": model, "table": printed, "figures": pl.DataFrame([{k: row[k] for k in FIGURES}])}
