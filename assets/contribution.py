"""What each bank's records add to the shared model."""

import dagster as dg
import polars as pl

from assets.ingestion import Parts
from assets.setting import all_banks_asset, consortium, contract
from assets.tables import picture, table
from assets.training import bank_list
from credit.models import Model
from credit.plots import contribution_plot
from registry.tracking import Tracking


@all_banks_asset(group_name="evaluation", kinds={"polars"}, code_version="1")
def contributions(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    tracking: dg.ResourceParam[Tracking],
) -> dict[str, pl.DataFrame]:
    """Each bank's contribution to the shared trees: Shapley values over leaf refits, in simulation only."""
    from federated.contribution import contributions as shares_of

    models = [model for family, model in federated_models.items() if family != "logistic"]
    if not models:
        context.add_output_metadata({"contributions": "only models of trees are refitted: train one"})
        return {"contributions": pl.DataFrame()}
    seed, banks = consortium().seed, bank_list(loan_records)
    shares = shares_of(models[0], banks, contract().spec, seed=seed)
    png = contribution_plot(shares)
    parent = tracking.pipeline_run(context.run_id)
    tracking.log_bytes(parent, png, "evaluation/contributions.png")
    tracking.log_bytes(parent, shares.write_csv().encode(), "evaluation/contributions.csv")
    context.add_output_metadata(
        {
            "family": models[0].family,
            "contributions": table(shares, digits=5),
            "contributions, plotted": picture(png),
        }
    )
    return {"contributions": shares}
