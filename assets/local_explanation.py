"""Explanations bank by bank, by value, of single applicants, and against the sitting champion's."""

import tempfile
from functools import reduce
from operator import add
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl

from assets.calibration import scoring_of
from assets.evaluation import best_family
from assets.ingestion import Parts
from assets.promotion import scorer_of
from assets.setting import OWNERS, consortium, contract, every_bank, one_run
from assets.tables import picture, table
from assets.training import bank_list
from credit.explanation import sample_records
from credit.features import BankRecords
from credit.models import Model
from credit.reasons import toward_worst
from credit.scoring import Scoring
from credit.shap_plots import bank_heatmap, dependence_plot, waterfall_plot
from credit.shap_summary import ShapSums, by_bank, dependence, rank_agreement
from registry.promotion import Registry
from registry.tracking import Tracking

SAMPLE = 400
SHOWN = 6


@dg.asset(
    ins={"loan_records": dg.AssetIn(partition_mapping=every_bank)},
    backfill_policy=one_run,
    group_name="explanation",
    kinds={"shap"},
    owners=OWNERS,
    code_version="1",
)
def bank_explanations(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    evaluation: dict[str, pl.DataFrame],
    scoring: dict[str, list],
    tracking: dg.ResourceParam[Tracking],
    registry: dg.ResourceParam[Registry],
) -> dict:
    """Mean |SHAP| by bank and SHAP by value, from sums that each bank can add; one applicant; agreement with before."""
    family = best_family(evaluation["validation"])
    model, decides = federated_models[family], scoring_of(scoring, family)
    banks = [bank for bank in bank_list(loan_records) if bank.test.height]
    sums = {bank.name: _sums(model, bank) for bank in banks}
    means, joined = by_bank(sums), reduce(add, sums.values())
    pictures = {
        "by_bank": bank_heatmap(means, {f.name: f.title for f in contract().features}),
        "dependence": _dependence(model, joined),
        "waterfall": _waterfall(model, decides, banks),
    }
    parent = tracking.pipeline_run(context.run_id)
    for name, content in pictures.items():
        tracking.log_bytes(parent, content, f"explanation_by_bank/{name}.png")
    tracking.log_bytes(parent, means.write_csv().encode(), "explanation_by_bank/mean_abs_shap.csv")
    agreement = _agreement(tracking, registry, banks, joined)
    context.add_output_metadata(
        {
            "family": family,
            "rank agreement with the champion": agreement,
            **{name: picture(content) for name, content in pictures.items()},
            "mean |SHAP| by bank": table(means),
        }
    )
    return {"mlflow_run": parent, "agreement": agreement}


def _sums(model: Model, bank: BankRecords) -> ShapSums:
    """What a bank sends: sums over at most SAMPLE of its records."""
    X = model.encoding.matrix(sample_records(bank.test, SAMPLE, consortium().seed))
    values = np.stack([toward_worst(c) for c in model.contributions(X)])
    return ShapSums.of(model.encoding.features, X, values)


def _dependence(model: Model, joined: ShapSums) -> bytes:
    strongest = np.argsort(-joined.mean_absolute)[:SHOWN]
    names = [model.encoding.features[i] for i in strongest]
    fields = [contract().fields[n] for n in names]
    titles = [f"{f.title}, {f.unit}" if f.unit else f.title for f in fields]
    curves = [dependence(joined, n, model.encoding) for n in names]
    return dependence_plot(list(zip(titles, curves, strict=True)), [f.log for f in fields])


def _waterfall(model: Model, scoring: Scoring, banks: list[BankRecords]) -> bytes:
    """Of the test applicant of median score: an example that is nobody's best or worst."""
    sample = sample_records(pl.concat([b.test for b in banks]), SAMPLE, consortium().seed)
    X = model.encoding.matrix(sample)
    points = scoring.points(model.margin(X))
    median = int(np.argsort(points)[len(points) // 2])
    worth, reference = scoring.worth(model.contributions(X[median : median + 1]))
    titles = [contract().fields[f].title for f in model.encoding.features]
    title = f"One applicant: {points[median]:.0f} points, {scoring.scale.band(points[median])}"
    return waterfall_plot(dict(zip(titles, worth[0].tolist(), strict=True)), float(reference[0]), title)


def _agreement(
    tracking: Tracking, registry: Registry, banks: list[BankRecords], now: ShapSums
) -> float | None:
    """How alike this run's model and the sitting champion rank the features; None without one of the same features."""
    sitting = registry.champion()
    if sitting is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        old, _ = scorer_of(tracking, sitting.run_id, float(sitting.tags["threshold"]), Path(folder))
    if old.encoding.features != now.features:
        return None
    before = reduce(add, (_sums(old, bank) for bank in banks))
    return rank_agreement(now.mean_absolute, before.mean_absolute)
