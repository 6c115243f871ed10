"""How groups of applicants fare under the run's best model: by sensitive column, and by bank."""

import dagster as dg
import numpy as np
import polars as pl

from assets.calibration import scoring_of
from assets.evaluation import best_family
from assets.ingestion import Parts
from assets.setting import OWNERS, consortium, contract, every_bank, one_run
from assets.tables import picture, table
from assets.training import bank_list
from credit.contract import Role
from credit.fairness import group_cells, group_figures, parity, summed_cells
from credit.features import OUTCOME, BankRecords
from credit.models import Model
from credit.risk_plots import group_plot
from credit.scoring import Scoring
from registry.tracking import Tracking

BANK = "bank"


@dg.asset(
    ins={"loan_records": dg.AssetIn(partition_mapping=every_bank)},
    backfill_policy=one_run,
    group_name="evaluation",
    kinds={"fairlearn"},
    owners=OWNERS,
    code_version="1",
)
def fairness(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    evaluation: dict[str, pl.DataFrame],
    scoring: dict[str, list],
    tracking: dg.ResourceParam[Tracking],
) -> dict[str, pl.DataFrame]:
    """Approval, errors and calibration of each group on the out-of-time test, and the widest differences."""
    family = best_family(evaluation["validation"])
    cells = _cells(bank_list(loan_records), federated_models[family], scoring_of(scoring, family))
    figures = pl.concat(
        [group_figures(c).select(pl.lit(column).alias("column"), pl.all()) for column, c in cells.items()]
    )
    differences = pl.DataFrame([_difference(column, figures) for column in cells]).fill_nan(None)
    pictures = {
        c: group_plot(figures.filter(column=c), f"Approved by {_title(c)}, out-of-time test") for c in cells
    }
    parent = tracking.pipeline_run(context.run_id)
    tracking.log_bytes(parent, figures.write_csv().encode(), "fairness/groups.csv")
    for column, content in pictures.items():
        tracking.log_bytes(parent, content, f"fairness/{column}.png")
    context.add_output_metadata(
        {
            "family": family,
            "differences": table(differences),
            "groups": table(figures),
            **{f"approved by {_title(c)}": picture(content) for c, content in pictures.items()},
        }
    )
    return {"groups": figures, "differences": differences}


def _cells(banks: list[BankRecords], model: Model, scoring: Scoring) -> dict[str, pl.DataFrame]:
    """Summed cells by column: each sensitive one, then the bank."""
    own: dict[str, list[pl.DataFrame]] = {}
    for bank in (b for b in banks if b.test.height):
        default = _default(bank.test)
        pd = scoring.probability(model.margin(model.encoding.matrix(bank.test)))
        groups = {f.name: bank.test[f.name] for f in contract().with_role(Role.SENSITIVE)}
        groups[BANK] = pl.Series([bank.name] * len(pd))
        for column, group in groups.items():
            own.setdefault(column, []).append(
                group_cells(group, default, pd, scoring.threshold_of(bank.name))
            )
    return {column: summed_cells(cells) for column, cells in own.items()}


def _default(records: pl.DataFrame) -> np.ndarray:
    return (records[OUTCOME] == len(contract().classes) - 1).to_numpy().astype(int)


def _difference(column: str, figures: pl.DataFrame) -> dict:
    policy = consortium().policy.fairness
    found = parity(figures.filter(column=column), policy.fewest_records)
    blocks = policy.banks_block if column == BANK else policy.blocks
    return {"column": column, **vars(found), "within": found.within(policy), "blocks": blocks}


def _title(column: str) -> str:
    return "bank" if column == BANK else contract().fields[column].title.lower()
