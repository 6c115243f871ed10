"""How groups of applicants fare under the run's best model: by sensitive column, and by bank."""

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
from credit.fairness import group_cells, group_figures, parity
from credit.fields import Role
from credit.models import Model
from credit.risk_plots import group_plot
from credit.scoring import Scoring
from registry.tracking import Tracking

if TYPE_CHECKING:
    from federated.tally import Tally

BANK = "bank"


@all_banks_asset(group_name="evaluation", kinds={"flower", "fairlearn"}, code_version="2")
def fairness(
    context: dg.AssetExecutionContext,
    config: Engine,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    federated_evaluation: dict[str, pl.DataFrame],
    scoring: dict[str, list],
    tracking: dg.ResourceParam[Tracking],
) -> dict[str, pl.DataFrame]:
    """Approval, errors and calibration of each group on the test, and the widest gaps between them."""
    family = best_family(federated_evaluation["validation"])
    with bank_tally(context, config, loan_records) as tally:
        cells = _cells(tally, federated_models[family], scoring_of(scoring, family))
    figures = pl.concat(
        [group_figures(c).select(pl.lit(column).alias("column"), pl.all()) for column, c in cells.items()]
    )
    differences = pl.DataFrame([_difference(column, figures) for column in cells]).fill_nan(None)
    test = contract().holdout.test
    pictures = {c: group_plot(figures.filter(column=c), f"Approved by {_title(c)}, {test}") for c in cells}
    parent = tracking.pipeline_run(context.run_id)
    tracking.log_bytes(parent, figures.write_csv().encode(), "fairness/groups.csv")
    for column, content in pictures.items():
        tracking.log_bytes(parent, content, f"fairness/{column}.png")
    context.add_output_metadata(
        {
            "family": family,
            "gaps between groups": table(differences),
            "groups": table(figures),
            **{f"approved by {_title(c)}": picture(content) for c, content in pictures.items()},
        }
    )
    return {"groups": figures, "differences": differences}


def _cells(tally: "Tally", model: Model, scoring: Scoring) -> dict[str, pl.DataFrame]:
    """Summed cells by column: each sensitive one, then the bank, where its own counts are known."""
    books = {f.name: list(f.levels or {}) for f in contract().with_role(Role.SENSITIVE) if f.levels}
    named = scoring.to_dict() | {"bank_thresholds": _as_banks_call_themselves(scoring)}
    # The column of banks has no groups of its own: every record counts as not stated.
    sums = tally("groups", "test", model, scoring=named, groups={**books, BANK: []})
    ends = np.cumsum([8 * (len(names) + 1) for names in books.values()], dtype=int)
    own = sums.by_bank_or_all
    every = np.stack([counts[ends[-1] if len(ends) else 0 :].reshape(2, 2, 2) for counts in own.values()])
    cells = {
        column: group_cells(names, part.reshape(-1, 2, 2, 2))
        for (column, names), part in zip(books.items(), np.split(sums.total, ends), strict=False)
    }
    return cells | {BANK: group_cells([*own], every)}


def _as_banks_call_themselves(scoring: Scoring) -> dict[str, float]:
    """The banks' own thresholds by their names, and by the aliases that simulated banks go by."""
    own = {b.alias: b.name for b in consortium().banks}
    return {**scoring.bank_thresholds, **{own[a]: t for a, t in scoring.bank_thresholds.items() if a in own}}


def _difference(column: str, figures: pl.DataFrame) -> dict:
    policy = consortium().policy.fairness
    found = parity(figures.filter(column=column), policy.fewest_records)
    blocks = policy.banks_block if column == BANK else policy.blocks
    return {"column": column, **vars(found), "within": found.within(policy), "blocks": blocks}


def _title(column: str) -> str:
    return "bank" if column == BANK else contract().fields[column].title.lower()
