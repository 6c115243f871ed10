"""How good the models that all banks share are, from what banks tell of their scores."""

import dagster as dg
import polars as pl

from assets.engine import Engine, bank_tally
from assets.ingestion import Parts
from assets.setting import all_banks_asset, consortium
from assets.tables import table
from credit.evaluation import ALL_BANKS
from credit.models import Model
from registry.tracking import Tracking


@all_banks_asset(group_name="evaluation", kinds={"flower"}, code_version="1")
def federated_evaluation(
    context: dg.AssetExecutionContext,
    config: Engine,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    tracking: dg.ResourceParam[Tracking],
) -> dict[str, pl.DataFrame]:
    """Figures of each federated model on validation and test, from the banks' summed score histograms."""
    from federated.evaluation import federated_figures

    with bank_tally(context, config, loan_records) as tally:
        parts = {"validation": 0, "test": 200}
        figures = federated_figures(federated_models, tally, parts, seed=consortium().seed)
    parent = tracking.pipeline_run(context.run_id)
    tracking.log_bytes(parent, figures["test"].write_csv().encode(), "evaluation/federated.csv")
    context.add_output_metadata(
        {
            "best federated family on validation": best_family(figures["validation"]),
            "models, all banks": table(figures["test"].filter(bank=ALL_BANKS)),
            "models by bank": table(figures["test"].filter(pl.col("bank") != ALL_BANKS), digits=3),
        }
    )
    return figures


def best_family(validation: pl.DataFrame) -> str:
    """The federated family with the highest validation AUC over all banks: the test is not looked at."""
    overall = validation.filter(bank=ALL_BANKS, strategy="federated")
    figure = "auc_ovr" if "auc_ovr" in overall.columns else "auc"
    return overall.sort(figure, descending=True, nulls_last=True)["family"][0]
