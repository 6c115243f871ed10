"""Explanations bank by bank, by value, of single applicants, and against the sitting champion's."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import polars as pl

from assets.calibration import scoring_of
from assets.engine import Engine, bank_tally
from assets.federated_evaluation import best_family
from assets.ingestion import Parts
from assets.promotion import scorer_of
from assets.setting import all_banks_asset, consortium, contract
from assets.tables import picture, table
from assets.training import bank_list
from credit.explanation import sample_records
from credit.features import BankRecords
from credit.fields import ContractField
from credit.models import Model
from credit.scoring import Scoring
from credit.shap_plots import bank_heatmap, dependence_plot, waterfall_plot
from credit.shap_summary import ShapSums, by_bank, dependence, rank_agreement, strongest_by_bank
from registry.promotion import Registry
from registry.tracking import Tracking

if TYPE_CHECKING:
    from federated.tally import Tally

SAMPLE = 400
SHOWN = 6
SHOWN_AS = {
    "by_bank": "mean |SHAP| by bank, plotted",
    "dependence": "SHAP by value",
    "waterfall": "points of one applicant",
}


@all_banks_asset(group_name="explanation", kinds={"flower", "shap"}, code_version="2")
def bank_explanations(
    context: dg.AssetExecutionContext,
    config: Engine,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    federated_evaluation: dict[str, pl.DataFrame],
    scoring: dict[str, list],
    tracking: dg.ResourceParam[Tracking],
    registry: dg.ResourceParam[Registry],
) -> dict:
    """Mean |SHAP| by bank and SHAP by value, from sums that each bank can add; one applicant; agreement with before."""
    family = best_family(federated_evaluation["validation"])
    model, decides = federated_models[family], scoring_of(scoring, family)
    with bank_tally(context, config, loan_records) as tally:
        asked = _sums(tally, model)
        agreement = _agreement(tracking, registry, tally, asked)
    means, titles = by_bank(asked.by_bank), {f.name: f.title for f in contract().features}
    pictures = {
        "by_bank": bank_heatmap(means, titles),
        "dependence": _dependence(model, asked.all),
        **_waterfall(model, decides, bank_list(loan_records)),
    }
    parent = tracking.pipeline_run(context.run_id)
    for name, content in pictures.items():
        tracking.log_bytes(parent, content, f"explanation_by_bank/{name}.png")
    tracking.log_bytes(parent, means.write_csv().encode(), "explanation_by_bank/mean_abs_shap.csv")
    context.add_output_metadata(
        {
            "family": family,
            "rank agreement with the champion": agreement,
            **{SHOWN_AS[name]: picture(content) for name, content in pictures.items()},
            "strongest features by bank, with mean |SHAP|": table(strongest_by_bank(means, titles)),
        }
    )
    return {"mlflow_run": parent, "agreement": agreement, "shap": means}


@dataclass(frozen=True)
class Asked:
    """SHAP sums over all banks' test records, and by bank; of all as if of one where sums are masked."""

    by_bank: dict[str, ShapSums]
    all: ShapSums


def _sums(tally: "Tally", model: Model) -> Asked:
    """What banks add up of a sample of their test records."""
    sums, features = tally("shap", "test", model, seed=consortium().seed), model.encoding.features
    own = {bank: ShapSums.from_vector(features, s) for bank, s in sums.by_bank_or_all.items()}
    filled = {bank: told for bank, told in own.items() if told.records}
    return Asked(filled, ShapSums.from_vector(features, sums.total))


def _dependence(model: Model, joined: ShapSums) -> bytes:
    strongest = np.argsort(-joined.mean_absolute)[:SHOWN]
    names = [model.encoding.features[i] for i in strongest]
    fields = [contract().fields[n] for n in names]
    titles = [f"{f.title}, {f.unit}" if f.unit else f.title for f in fields]
    curves = [_named(dependence(joined, n, model.encoding), f) for n, f in zip(names, fields, strict=True)]
    return dependence_plot(list(zip(titles, curves, strict=True)), [f.log for f in fields])


def _named(curve: pl.DataFrame, field: ContractField) -> pl.DataFrame:
    """The curve with a category's levels as the contract's reader calls them."""
    return curve.with_columns(pl.col("value").replace(field.levels)) if field.levels else curve


def _waterfall(model: Model, scoring: Scoring, banks: list[BankRecords]) -> dict[str, bytes]:
    """Of the simulated test applicant of median score, nobody's best or worst; none where no record is here."""
    test = pl.concat([bank.test for bank in banks])
    if not test.height:
        return {}
    sample = sample_records(test, SAMPLE, consortium().seed)
    X = model.encoding.matrix(sample)
    points = scoring.points(model.margin(X))
    median = int(np.argsort(points)[len(points) // 2])
    worth, reference = scoring.worth(model.contributions(X[median : median + 1]))
    titles = [contract().fields[f].title for f in model.encoding.features]
    title = f"One applicant: {points[median]:.0f} points, {scoring.scale.band(points[median])}"
    png = waterfall_plot(dict(zip(titles, worth[0].tolist(), strict=True)), float(reference[0]), title)
    return {"waterfall": png}


def _agreement(tracking: Tracking, registry: Registry, tally: "Tally", now: Asked) -> float | None:
    """How alike this run's model and the sitting champion rank the features; None without one of the same features."""
    sitting = registry.champion()
    if sitting is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        old, _ = scorer_of(tracking, sitting.run_id, float(sitting.tags["threshold"]), Path(folder))
    if old.encoding.features != now.all.features:
        return None
    return rank_agreement(now.all.mean_absolute, _sums(tally, old).all.mean_absolute)
