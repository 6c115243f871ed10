"""What drives the scores: SHAP values of the best federated model."""

import io
import json

import dagster as dg
import polars as pl

from assets.evaluation import best_family
from assets.ingestion import Parts
from assets.setting import OWNERS, consortium, contract, every_bank, one_run
from assets.tables import picture, table
from assets.training import bank_list
from credit.explanation import feature_distributions, mean_absolute_shap, sample_records, shap_values
from credit.models import Model
from credit.plots import beeswarm_plot, importance_plot
from registry.tracking import Tracking

SAMPLE = 1000


@dg.asset(
    ins={"loan_records": dg.AssetIn(partition_mapping=every_bank)},
    backfill_policy=one_run,
    group_name="explanation",
    kinds={"shap"},
    owners=OWNERS,
    code_version="1",
)
def explanation(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    evaluation: dict[str, pl.DataFrame],
    tracking: dg.ResourceParam[Tracking],
) -> dict:
    """SHAP values of the best federated model on a sample of test records, and the features' distributions."""
    family = best_family(evaluation["validation"])
    model = federated_models[family]
    test = pl.concat([bank.test for bank in bank_list(loan_records)])
    sample = sample_records(test, SAMPLE, consortium().seed)
    values = shap_values(model, sample)
    artifacts = {
        "shap_values.parquet": _parquet(values),
        "beeswarm.png": beeswarm_plot(values, model.encoding.matrix(sample), contract()),
        "mean_abs_shap.png": importance_plot(values, contract()),
        "distributions.json": json.dumps(feature_distributions(test, contract()), indent=1).encode(),
    }
    parent = tracking.pipeline_run(context.run_id)
    for name, content in artifacts.items():
        tracking.log_bytes(parent, content, f"explanation/{name}")
    context.add_output_metadata(
        {
            "family": family,
            "records explained": sample.height,
            "beeswarm": picture(artifacts["beeswarm.png"]),
            "mean |SHAP|": picture(artifacts["mean_abs_shap.png"]),
            "features": table(mean_absolute_shap(values)),
        }
    )
    return {"family": family, "mlflow_run": parent, "artifacts": sorted(artifacts)}


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()
