"""What drives the scores: SHAP values of the best federated model."""

import io
import json

import dagster as dg
import numpy as np
import polars as pl

from assets.federated_evaluation import best_family
from assets.ingestion import Parts
from assets.setting import all_banks_asset, consortium, contract
from assets.tables import picture, table
from assets.training import bank_list
from credit.explanation import feature_distributions, mean_absolute_shap, sample_records, shap_values
from credit.models import Model
from credit.plots import beeswarm_plot, importance_plot
from registry.tracking import Tracking

SAMPLE = 1000


@all_banks_asset(group_name="explanation", kinds={"shap"}, code_version="1")
def explanation(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    federated_evaluation: dict[str, pl.DataFrame],
    tracking: dg.ResourceParam[Tracking],
) -> dict:
    """SHAP values of the best federated model on a sample of test records, and distributions: in simulation only."""
    family = best_family(federated_evaluation["validation"])
    model = federated_models[family]
    test = pl.concat([bank.test for bank in bank_list(loan_records)])
    sample = sample_records(test, SAMPLE, consortium().seed)
    values = shap_values(model, sample)
    artifacts = {
        **_explained(
            values, model.encoding.matrix(sample), "default" if model.n_margins == 1 else model.classes[-1]
        ),
        "distributions.json": json.dumps(feature_distributions(test, contract()), indent=1).encode(),
        **_by_class(model, sample),
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
            **_beeswarms(artifacts),
            "features": table(mean_absolute_shap(values)),
        }
    )
    return {"family": family, "mlflow_run": parent, "artifacts": sorted(artifacts)}


def _beeswarms(artifacts: dict[str, bytes]) -> dict[str, dg.MarkdownMetadataValue]:
    """The pictures of the other outcome classes, for the UI."""
    of_classes = {n.removesuffix(".png"): png for n, png in artifacts.items() if n.startswith("beeswarm-")}
    return {name.replace("-", " of ", 1): picture(png) for name, png in of_classes.items()}


def _explained(values: pl.DataFrame, matrix: np.ndarray, outcome: str, suffix: str = "") -> dict[str, bytes]:
    """Values and pictures of one outcome class, by the names of their files."""
    return {
        f"shap_values{suffix}.parquet": _parquet(values),
        f"beeswarm{suffix}.png": beeswarm_plot(values, matrix, contract(), outcome),
        f"mean_abs_shap{suffix}.png": importance_plot(values, contract()),
    }


def _by_class(model: Model, sample: pl.DataFrame) -> dict[str, bytes]:
    """The other classes' values, where there are three or more; the worst one's stand under the plain names."""
    if model.n_margins == 1:
        return {}
    matrix, files = model.encoding.matrix(sample), {}
    for number, outcome in enumerate(model.classes[:-1]):
        files |= _explained(shap_values(model, sample, number), matrix, outcome, f"-{outcome}")
    return files


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()
