"""What each bank can train alone, and what all could train on pooled records (in simulation only)."""

import time

import dagster as dg
import polars as pl

from assets.ingestion import Parts
from assets.setting import OWNERS, all_banks_asset, banks, consortium, contract, one_run
from assets.tables import table
from credit.features import BankRecords
from credit.models import Model
from credit.workers import in_parallel

ModelsByBank = dict[str, dict[str, Model]]


def bank_list(loan_records: dict[str, Parts]) -> list[BankRecords]:
    """The consortium's banks with their records, in the consortium's order."""
    return [
        BankRecords(b.alias, **loan_records[b.alias]) for b in consortium().banks if b.alias in loan_records
    ]


@dg.asset(
    partitions_def=banks, backfill_policy=one_run, group_name="training", kinds={"lightgbm", "catboost"},
    owners=OWNERS, code_version="1",
)  # fmt: skip
def local_models(context: dg.AssetExecutionContext, loan_records: dict[str, Parts]) -> ModelsByBank:
    """Local-only baselines: each bank's model of each family, trained on its own records."""
    from federated.baselines import train_local

    def train(bank: BankRecords) -> tuple[dict[str, Model], dict[str, float]]:
        models, seconds = {}, {}
        for family in consortium().families:
            begin = time.monotonic()
            models[family] = train_local(family, bank, contract().spec, consortium().seed)
            seconds[f"{family} seconds"] = time.monotonic() - begin
        return models, seconds

    trained = in_parallel(train, bank_list(loan_records))
    for bank, (_, seconds) in zip(bank_list(loan_records), trained, strict=True):
        context.add_asset_metadata({"train records": bank.train.height, **seconds}, partition_key=bank.name)
    return {bank.name: models for bank, (models, _) in zip(bank_list(loan_records), trained, strict=True)}


@all_banks_asset(group_name="training", kinds={"lightgbm", "catboost"}, code_version="1")
def pooled_models(context: dg.AssetExecutionContext, loan_records: dict[str, Parts]) -> dict[str, Model]:
    """The ceiling, in simulation only: models of all banks' records pooled in one place."""
    from federated.baselines import train_pooled

    pool = bank_list(loan_records)
    rows, models = [], {}
    for family in consortium().families:
        begin = time.monotonic()
        models[family] = train_pooled(family, pool, contract().spec, consortium().seed)
        rows.append({"family": family, "seconds": time.monotonic() - begin})
    context.add_output_metadata(
        {"pooled records": sum(b.train.height for b in pool), "training": table(pl.DataFrame(rows))}
    )
    return models
