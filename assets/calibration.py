"""From margins to decisions: calibrated probabilities, points, and the threshold that costs least."""

from collections.abc import Iterable
from functools import reduce
from operator import add

import dagster as dg
import numpy as np
import polars as pl

from assets.evaluation import best_family
from assets.ingestion import Parts
from assets.setting import OWNERS, consortium, every_bank, one_run
from assets.tables import picture, table
from assets.training import bank_list
from credit.calibration import (
    ScoreHistogram,
    error_of_sums,
    fit_calibration,
    noise_of_sums,
    rate_sums,
    risk_margin,
)
from credit.features import OUTCOME, BankRecords
from credit.metrics import brier, log_loss
from credit.models import Model
from credit.points import PointsScale
from credit.risk_plots import cost_plot, points_plot, reliability_plot
from credit.scoring import Scoring
from credit.threshold import bank_thresholds, break_even, cost_curve, decision_sums
from registry.tracking import Tracking

Margins = dict[str, tuple[np.ndarray, np.ndarray]]
"""bank -> margins and outcomes (1: default, or the worst class) of one part"""


@dg.asset(
    ins={"loan_records": dg.AssetIn(partition_mapping=every_bank)},
    backfill_policy=one_run,
    group_name="calibration",
    kinds={"numpy"},
    owners=OWNERS,
    code_version="1",
)
def scoring(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    evaluation: dict[str, pl.DataFrame],
    tracking: dg.ResourceParam[Tracking],
) -> dict[str, list]:
    """How each federated model's margin becomes a calibrated probability, points and a decision."""
    banks, best = bank_list(loan_records), best_family(evaluation["validation"])
    families, rows = [], []
    for family, model in federated_models.items():
        margins = {part: _margins(model, banks, part) for part in ("validation", "test")}
        made, losses = _scoring(margins["validation"])
        figures = {part: _figures(made, m.values()) for part, m in margins.items()}
        families.append({"family": family, "scoring": made.to_dict(), "losses": losses, "figures": figures})
        rows.append(_row(family, made, figures))
        if family == best:
            _show(context, tracking, made, margins)
    context.add_output_metadata({"best federated family": best, "families": table(pl.DataFrame(rows))})
    return {"families": families}


def scoring_of(stored: dict[str, list], family: str) -> Scoring:
    """The scoring of one family out of the asset's value."""
    return Scoring.from_dict(next(f["scoring"] for f in stored["families"] if f["family"] == family))


def figures_of(stored: dict[str, list], family: str) -> dict[str, dict[str, float]]:
    """Figures by part of one family out of the asset's value."""
    return next(f["figures"] for f in stored["families"] if f["family"] == family)


def _margins(model: Model, banks: list[BankRecords], part: str) -> Margins:
    worst = len(model.classes) - 1
    return {
        bank.name: (
            risk_margin(model.margin(model.encoding.matrix(bank.part(part)))),
            (bank.part(part)[OUTCOME] == worst).to_numpy().astype(int),
        )
        for bank in banks
        if bank.part(part).height
    }


def _scoring(validation: Margins) -> tuple[Scoring, dict[str, float]]:
    """Fitted on the banks' summed histograms; thresholds from their summed decision counts."""
    policy = consortium().policy
    histogram = reduce(add, (ScoreHistogram.count(m, y) for m, y in validation.values()))
    calibration, losses = fit_calibration(histogram)
    sums = {bank: decision_sums(calibration.probability(m), y) for bank, (m, y) in validation.items()}
    threshold = cost_curve(np.sum(list(sums.values()), axis=0), policy.cost).threshold
    scale = PointsScale(policy.score, calibration)
    return Scoring(scale, threshold, bank_thresholds(sums, policy.cost)), losses


def _figures(scoring: Scoring, margins: Iterable[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Figures before and after calibration, over all banks."""
    margin, default = (np.concatenate(column) for column in zip(*margins, strict=True))
    raw, pd = 1 / (1 + np.exp(-margin)), scoring.scale.calibration.probability(margin)
    return {
        "records": len(default),
        "raw_error": error_of_sums(rate_sums(raw, default)),
        "error": error_of_sums(rate_sums(pd, default)),
        "error_noise": noise_of_sums(rate_sums(pd, default)),
        "raw_logloss": log_loss(default, raw),
        "logloss": log_loss(default, pd),
        "brier": brier(default, pd),
        "mean_pd": float(pd.mean()),
        "default_rate": float(default.mean()),
        "approval": float((pd < scoring.threshold).mean()),
    }


def _row(family: str, scoring: Scoring, figures: dict[str, dict[str, float]]) -> dict:
    return {
        "family": family,
        "method": scoring.scale.calibration.method,
        "threshold": scoring.threshold,
        **{f"{name}, {part}": figures[part][name] for part in figures for name in ("raw_error", "error")},
        "log loss, test": figures["test"]["logloss"],
        "approved, test": figures["test"]["approval"],
    }


def _show(
    context: dg.AssetExecutionContext, tracking: Tracking, scoring: Scoring, margins: dict[str, Margins]
) -> None:
    """Reliability, cost curve and points of the best family: in the UI and in MLflow."""
    policy = consortium().policy
    joined = {
        part: [np.concatenate(column) for column in zip(*m.values(), strict=True)]
        for part, m in margins.items()
    }
    to_pd = scoring.scale.calibration.probability
    sums = {part: rate_sums(to_pd(m), y) for part, (m, y) in joined.items()}
    validation, (margin, default) = joined["validation"], joined["test"]
    curve = cost_curve(decision_sums(to_pd(validation[0]), validation[1]), policy.cost)
    ratio = policy.cost.missed_default / policy.cost.refused_good
    pictures = {
        "reliability": reliability_plot(
            {f"{p}: error {error_of_sums(s):.4f}": s for p, s in sums.items()},
            "Calibration on validation and out-of-time test, all banks",
        ),
        "cost": cost_plot(curve, ratio, break_even(policy.cost)),
        "points": points_plot(scoring.scale.points(margin), default, policy.score.low, policy.score.high),
    }
    parent = tracking.pipeline_run(context.run_id)
    for name, content in pictures.items():
        tracking.log_bytes(parent, content, f"calibration/{name}.png")
    context.add_output_metadata(
        {
            "threshold": scoring.threshold,
            "break-even": break_even(policy.cost),
            **{name: picture(content) for name, content in pictures.items()},
            "thresholds by bank": table(
                pl.DataFrame(
                    {
                        "bank": list(scoring.bank_thresholds),
                        "threshold": list(scoring.bank_thresholds.values()),
                    }
                )
            ),
        }
    )
