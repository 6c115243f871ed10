"""Each bank's own continuation of the consortium's models, which stays with the bank."""

import dagster as dg

from assets.ingestion import Parts
from assets.setting import OWNERS, banks, consortium, contract, one_run
from assets.training import ModelsByBank, bank_list
from credit.features import BankRecords
from credit.models import Model
from credit.workers import in_parallel


@dg.asset(
    partitions_def=banks, backfill_policy=one_run, group_name="personalisation", kinds={"lightgbm", "catboost"},
    owners=OWNERS, code_version="2",
)  # fmt: skip
def personal_models(
    context: dg.AssetExecutionContext, loan_records: dict[str, Parts], federated_models: dict[str, Model]
) -> ModelsByBank:
    """What each bank makes of the shared models with trees of its own, or the shared ones where it keeps them."""
    from federated.personalisation import Personal, personalise

    def continue_at(bank: BankRecords) -> dict[str, Personal]:
        return {
            family: personalise(model, bank, contract().spec, consortium().seed)
            for family, model in federated_models.items()
        }

    every = bank_list(loan_records)
    continued = dict(zip([bank.name for bank in every], in_parallel(continue_at, every), strict=True))
    for bank, by_family in continued.items():
        told = {f"{family} uses": personal.own for family, personal in by_family.items()}
        losses = {f"{f} validation loss": p.loss for f, p in by_family.items() if p.loss == p.loss}
        context.add_asset_metadata({**told, **losses}, partition_key=bank)
    return {bank: {f: p.model for f, p in by_family.items()} for bank, by_family in continued.items()}
