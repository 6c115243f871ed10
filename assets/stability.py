"""How far the test records have moved from the training records, bank by bank and feature by feature."""

from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import polars as pl

from assets.calibration import scoring_of
from assets.engine import Engine, bank_tally
from assets.federated_evaluation import best_family
from assets.ingestion import Parts
from assets.setting import all_banks_asset, consortium, contract
from assets.tables import picture, table
from credit.decision_sums import DecisionSums
from credit.models import Model
from credit.risk_plots import stability_plot
from credit.scoring import Scoring
from credit.stability import Population, Populations, feature_stability, score_stability
from registry.tracking import Tracking

if TYPE_CHECKING:
    from federated.tally import Tally

SHOWN_AS = {"banks": "PSI of the score by bank", "features": "CSI by feature"}


@all_banks_asset(group_name="evaluation", kinds={"flower", "polars"}, code_version="3")
def stability(
    context: dg.AssetExecutionContext,
    config: Engine,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    federated_evaluation: dict[str, pl.DataFrame],
    scoring: dict[str, list],
    tracking: dg.ResourceParam[Tracking],
) -> dict[str, pl.DataFrame]:
    """PSI of the score by bank and CSI of each feature: test against the training records."""
    family = best_family(federated_evaluation["validation"])
    model, decides = federated_models[family], scoring_of(scoring, family)
    with bank_tally(context, config, loan_records) as tally:
        before, now = (_populations(tally, part, model, decides) for part in ("train", "test"))
    frames = moved(before, now)
    parent, test = tracking.pipeline_run(context.run_id), contract().holdout.test
    for name, frame in frames.items():
        tracking.log_bytes(parent, frame.write_csv().encode(), f"stability/{name}.csv")
        tracking.log_bytes(parent, moved_plot(frame, name, test), f"stability/{name}.png")
    context.add_output_metadata({"family": family, **shown(frames, test)})
    return frames


def _populations(tally: "Tally", part: str, model: Model, scoring: Scoring) -> Populations:
    """What each bank tells of one part of its records, and all of them together."""
    from federated.scorecard import feature_counts

    decisions = tally("decisions", part, model, scoring=scoring.to_dict())
    bins = tally("bins", part)

    def population(decided: np.ndarray, counted: np.ndarray) -> Population:
        points = DecisionSums.from_vector(decided).points.sum(axis=1)
        return Population(points, feature_counts(counted, contract().spec))

    own = {
        bank: population(decided, bins.by_bank[bank])
        for bank, decided in decisions.by_bank.items()
        if bank in bins.by_bank
    }
    filled = {bank: told for bank, told in own.items() if told.records}
    return Populations(filled, population(decisions.total, bins.total))


def moved(before: Populations, now: Populations) -> dict[str, pl.DataFrame]:
    """The tables by bank and by feature."""
    limit = consortium().policy.stability.largest_psi
    return {
        "banks": score_stability(before, now, limit),
        "features": feature_stability(before.all, now.all),
    }


def moved_plot(frame: pl.DataFrame, name: str, records: str) -> bytes:
    limit = consortium().policy.stability.largest_psi
    title = f"{SHOWN_AS[name]}, {records} against training"
    if name == "features":
        titles = [contract().fields[f].title for f in frame["name"]]
        return stability_plot(frame.with_columns(name=pl.Series(titles)), "csi", limit, title)
    return stability_plot(frame, "psi", limit, title)


def shown(frames: dict[str, pl.DataFrame], records: str) -> dict:
    """Tables and pictures for the UI."""
    tables = {SHOWN_AS[name]: table(frame) for name, frame in frames.items()}
    plots = {f"{SHOWN_AS[n]}, plotted": picture(moved_plot(f, n, records)) for n, f in frames.items()}
    return {"banks that drifted": int(frames["banks"]["drifted"].sum()), **tables, **plots}
