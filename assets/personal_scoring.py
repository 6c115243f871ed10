"""How each bank decides by its own model: fitted on its validation records, and kept by the bank beside the model."""

from typing import Any

import dagster as dg
import polars as pl

from assets.calibration import scoring_of
from assets.ingestion import Parts
from assets.setting import OWNERS, banks, consortium, contract, one_run
from assets.tables import table
from assets.training import ModelsByBank, bank_list
from credit.decision_sums import DecisionSums
from credit.features import BankRecords
from credit.models import Model
from credit.own_scoring import own_scoring
from credit.scoring import Scoring


@dg.asset(
    partitions_def=banks, backfill_policy=one_run, group_name="personalisation", kinds={"numpy"},
    owners=OWNERS, code_version="1",
)  # fmt: skip
def personal_scoring(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    personal_models: ModelsByBank,
    federated_models: dict[str, Model],
    scoring: dict[str, list],
) -> dict[str, dict[str, list]]:
    """How each bank's own model becomes calibrated probabilities and decisions; none where it keeps the shared one."""
    made: dict[str, dict[str, list]] = {}
    for bank in bank_list(loan_records):
        found = [
            _own_family(bank, model, federated_models[family], scoring_of(scoring, family))
            for family, model in personal_models[bank.name].items()
        ]
        made[bank.name] = {"families": found}
        shown = pl.DataFrame([_row(f) for f in found])
        context.add_asset_metadata({"families": table(shown, digits=3)}, partition_key=bank.name)
    return made


def _own_family(bank: BankRecords, own: Model, shared: Model, scoring: Scoring) -> dict[str, Any]:
    """The scoring of a bank's own model, fitted on validation, with its figures and those of the shared scoring."""
    from federated.figures.own import OwnPart

    spec, family = contract().spec, own.family
    parts = {part: OwnPart(bank.name, bank.part(part), spec, own) for part in ("validation", "test")}
    known = parts["validation"]
    if (known.margins == OwnPart(bank.name, known.frame, spec, shared).margins).all():
        return {"family": family, "scoring": None, "figures": {}}
    fitted = own_scoring(scoring, known.risk, known.default, consortium().policy.cost)
    figures = {
        part: {
            name: DecisionSums.of(p.risk, p.default, how).figures(how.threshold)
            for name, how in (("shared", scoring), ("own", fitted))
        }
        for part, p in parts.items()
    }
    return {"family": family, "scoring": fitted.to_dict(), "figures": figures}


def _row(found: dict[str, Any]) -> dict[str, Any]:
    """What a family's own calibration changes, as a row; empty where the bank keeps the shared model."""
    own = Scoring.from_dict(found["scoring"]) if found["scoring"] else None
    row: dict[str, Any] = {
        "family": found["family"],
        "method": own.scale.calibration.method if own else "the shared model's",
        "threshold": own.threshold if own else None,
    }
    for part in ("validation", "test"):
        shared, fitted = (found["figures"].get(part, {}).get(name, {}) for name in ("shared", "own"))
        row |= {
            f"{part} records": fitted.get("records"),
            f"default rate, {part}": fitted.get("default_rate"),
            f"mean PD before, {part}": shared.get("mean_pd"),
            f"mean PD, {part}": fitted.get("mean_pd"),
            f"error before, {part}": shared.get("error"),
            f"error, {part}": fitted.get("error"),
        }
    return row
