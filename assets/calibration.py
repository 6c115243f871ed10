"""From margins to decisions: calibrated probabilities, points, and the threshold that costs least."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from assets.engine import Engine, bank_tally
from assets.federated_evaluation import best_family
from assets.ingestion import Parts
from assets.setting import all_banks_asset, consortium, contract
from assets.tables import picture, table
from credit.calibration import ScoreHistogram, error_of_sums, fit_calibration
from credit.decision_sums import DecisionSums
from credit.models import Model
from credit.points import PointsScale
from credit.risk_plots import cost_plot, points_plot, reliability_plot
from credit.scoring import Scoring
from credit.threshold import bank_thresholds, break_even, cost_curve
from registry.tracking import Tracking

if TYPE_CHECKING:
    from federated.tally import Tally

Decisions = dict[str, DecisionSums]
"""part -> sums over all banks"""
SHOWN_AS = {
    "reliability": "predicted against observed, calibrated",
    "cost": "cost and approvals by threshold",
    "points": "points of paid and of defaulted loans",
}


@all_banks_asset(group_name="calibration", kinds={"flower", "numpy"}, code_version="2")
def scoring(
    context: dg.AssetExecutionContext,
    config: Engine,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    federated_evaluation: dict[str, pl.DataFrame],
    tracking: dg.ResourceParam[Tracking],
) -> dict[str, list]:
    """How each federated model's margin becomes a calibrated probability, points and a decision."""
    best = best_family(federated_evaluation["validation"])
    families, rows, shown = [], [], {}
    with bank_tally(context, config, loan_records) as tally:
        for family, model in federated_models.items():
            made, losses, sums = _scoring(tally, model)
            figures = {part: s.figures(made.threshold) for part, s in sums.items()}
            found = {"family": family, "scoring": made.to_dict(), "losses": losses, "figures": figures}
            families.append(found)
            rows.append(_row(family, made, figures))
            if family == best:
                shown = _shown(context, tracking, made, sums)
    told = {"best federated family": best, "families": table(pl.DataFrame(rows))}
    context.add_output_metadata({**told, **shown})
    return {"families": families}


def scoring_of(stored: dict[str, list], family: str) -> Scoring:
    """The scoring of one family out of the asset's value."""
    return Scoring.from_dict(next(f["scoring"] for f in stored["families"] if f["family"] == family))


def figures_of(stored: dict[str, list], family: str) -> dict[str, dict[str, float]]:
    """Figures by part of one family out of the asset's value."""
    return next(f["figures"] for f in stored["families"] if f["family"] == family)


def _scoring(tally: "Tally", model: Model) -> tuple[Scoring, dict[str, float], Decisions]:
    """Fitted on the banks' summed histograms; thresholds from their summed decision counts."""
    policy = consortium().policy
    histogram = ScoreHistogram.from_vector(tally("margins", "validation", model).total)
    # Noise leaves no single bin to an isotonic map; Platt's two numbers stand on all of them.
    noisy = tally.masking is not None and tally.masking.noise is not None
    calibration, losses = fit_calibration(histogram, ("platt",) if noisy else ("platt", "isotonic"))
    scale = PointsScale(policy.score, calibration)
    decided = {"scoring": Scoring(scale, break_even(policy.cost)).to_dict()}
    validation, test = (tally("decisions", part, model, **decided) for part in ("validation", "test"))
    sums = {p: DecisionSums.from_vector(s.total) for p, s in (("validation", validation), ("test", test))}
    threshold = cost_curve(sums["validation"].costs, policy.cost).threshold
    own = {bank: DecisionSums.from_vector(s).costs for bank, s in validation.by_bank.items()}
    return Scoring(scale, threshold, bank_thresholds(own, policy.cost)), losses, sums


def _row(family: str, scoring: Scoring, figures: dict[str, dict[str, float]]) -> dict:
    return {
        "family": family,
        "method": scoring.scale.calibration.method,
        "threshold": scoring.threshold,
        **{f"{name}, {part}": figures[part][name] for part in figures for name in ("raw_error", "error")},
        "log loss, test": figures["test"]["logloss"],
        "approved, test": figures["test"]["approval"],
    }


def _shown(context: dg.AssetExecutionContext, tracking: Tracking, scoring: Scoring, sums: Decisions) -> dict:
    """Reliability, cost curve and points of the best family: in the UI and in MLflow."""
    policy, test = consortium().policy, contract().holdout.test
    rates = {part: s.calibrated for part, s in sums.items()}
    curve = cost_curve(sums["validation"].costs, policy.cost)
    ratio = policy.cost.missed_default / policy.cost.refused_good
    pictures = {
        "reliability": reliability_plot(
            {f"{p}: error {error_of_sums(s):.4f}": s for p, s in rates.items()},
            f"Calibration on validation and {test}, all banks",
        ),
        "cost": cost_plot(curve, ratio, break_even(policy.cost)),
        "points": points_plot(sums["test"].points, policy.score.low, policy.score.high, test),
    }
    parent = tracking.pipeline_run(context.run_id)
    for name, content in pictures.items():
        tracking.log_bytes(parent, content, f"calibration/{name}.png")
    return {
        "threshold": scoring.threshold,
        "break-even": break_even(policy.cost),
        **{SHOWN_AS[name]: picture(content) for name, content in pictures.items()},
        "thresholds by bank": _by_bank(scoring.bank_thresholds),
    }


def _by_bank(thresholds: Mapping[str, float]) -> dg.MarkdownMetadataValue | str:
    if not thresholds:
        return "one threshold for all"
    return table(pl.DataFrame({"bank": list(thresholds), "threshold": list(thresholds.values())}))
