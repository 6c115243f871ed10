"""How far the out-of-time records have moved from the training records, bank by bank and feature by feature."""

import dagster as dg
import polars as pl

from assets.calibration import scoring_of
from assets.evaluation import best_family
from assets.ingestion import Parts
from assets.setting import OWNERS, consortium, contract, every_bank, one_run
from assets.tables import picture, table
from assets.training import bank_list
from credit.binning import FeatureCounts
from credit.features import BankRecords
from credit.models import Model
from credit.risk_plots import psi_plot
from credit.scoring import Scoring
from credit.stability import Population, feature_stability, joined, point_counts, score_stability
from registry.tracking import Tracking


@dg.asset(
    ins={"loan_records": dg.AssetIn(partition_mapping=every_bank)},
    backfill_policy=one_run,
    group_name="evaluation",
    kinds={"polars"},
    owners=OWNERS,
    code_version="1",
)
def stability(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    evaluation: dict[str, pl.DataFrame],
    scoring: dict[str, list],
    tracking: dg.ResourceParam[Tracking],
) -> dict[str, pl.DataFrame]:
    """PSI of the score by bank and CSI of each feature: out-of-time test against the training records."""
    family = best_family(evaluation["validation"])
    model, decides = federated_models[family], scoring_of(scoring, family)
    banks = bank_list(loan_records)
    before, now = (populations(banks, part, model, decides) for part in ("train", "test"))
    frames = moved(before, now)
    parent = tracking.pipeline_run(context.run_id)
    for name, frame in frames.items():
        tracking.log_bytes(parent, frame.write_csv().encode(), f"stability/{name}.csv")
        tracking.log_bytes(parent, stability_plot(frame, name, "out-of-time test"), f"stability/{name}.png")
    context.add_output_metadata({"family": family, **shown(frames, "out-of-time test")})
    return frames


def populations(banks: list[BankRecords], part: str, model: Model, scoring: Scoring) -> dict[str, Population]:
    """What each bank tells of one part of its records."""
    return {b.name: population(b.part(part), model, scoring) for b in banks if b.part(part).height}


def population(records: pl.DataFrame, model: Model, scoring: Scoring) -> Population:
    """Counts of records by points and by feature bin."""
    score = consortium().policy.score
    points = scoring.points(model.margin(model.encoding.matrix(records)))
    return Population(
        point_counts(points, score.low, score.high), FeatureCounts.count(records, contract().spec)
    )


def moved(before: dict[str, Population], now: dict[str, Population]) -> dict[str, pl.DataFrame]:
    """The tables by bank and by feature."""
    limit = consortium().policy.stability.largest_psi
    return {
        "banks": score_stability(before, now, limit),
        "features": feature_stability(joined(before), joined(now)),
    }


def stability_plot(frame: pl.DataFrame, name: str, period: str) -> bytes:
    limit = consortium().policy.stability.largest_psi
    if name == "features":
        titles = [contract().fields[f].title for f in frame["name"]]
        return psi_plot(
            frame.with_columns(name=pl.Series(titles)), limit, f"CSI by feature, {period} against training"
        )
    return psi_plot(frame, limit, f"PSI of the score by bank, {period} against training")


def shown(frames: dict[str, pl.DataFrame], period: str) -> dict:
    """Tables and pictures for the UI."""
    tables = {f"by {name.rstrip('s')}": table(frame) for name, frame in frames.items()}
    plots = {f"{name}, plotted": picture(stability_plot(f, name, period)) for name, f in frames.items()}
    return {"banks that drifted": int(frames["banks"]["drifted"].sum()), **tables, **plots}
