"""A bank's records as its own site reads them, checked against the contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from credit.contract import Contract, load_contract
from credit.data import Data
from credit.errors import DataError
from credit.features import PART, PARTS, BankRecords
from credit.fields import Role
from credit.readers import texts
from credit.splits import BANK, bank_records, with_parts
from credit.streaming import compact, ingest_file
from federated.membership import Membership


@dataclass(frozen=True)
class OwnRecords:
    """A bank's records in parts, and how many rows went to quarantine for which reasons."""

    records: BankRecords
    contract: Contract
    rows: int
    quarantined: int
    reasons: pl.DataFrame


def own_records(membership: Membership, work: Path) -> OwnRecords:
    """The records of `membership`; `work` is a folder for copies and the quarantine.

    Raises ContractError and DataError where contract or records cannot be used.
    """
    contract = load_contract(membership.contract)
    if membership.records.is_dir():
        return _prepared(membership, contract)
    return _ingested(membership, contract, work)


def _prepared(membership: Membership, contract: Contract) -> OwnRecords:
    frames = {}
    for part in PARTS:
        path = membership.records / f"{part}.parquet"
        if not path.exists():
            raise DataError(f"{path}: no such file: a folder of records holds one Parquet a part")
        whole = pl.read_parquet(path)
        frames[part] = whole.head(membership.most_records or whole.height)
    lacking = set(contract.spec.features) - set(frames["train"].columns)
    if lacking:
        raise DataError(f"{membership.records}: no column {', '.join(sorted(lacking))} of {contract.name}")
    records = BankRecords(membership.name, **frames)
    return OwnRecords(records, contract, sum(f.height for f in frames.values()), 0, pl.DataFrame())


def _ingested(membership: Membership, contract: Contract, work: Path) -> OwnRecords:
    work.mkdir(parents=True, exist_ok=True)
    ingestion = ingest_file(
        texts(Data(files=(str(membership.records),)), work),
        contract,
        work / "quarantine.parquet",
        lambda records: _own(records, contract, membership),
    )
    records = bank_records(
        ingestion.records, contract, membership.name, seed=membership.seed, cap=membership.most_records
    )
    if not records.train.height:
        raise DataError(
            f"{membership.records} holds no train record of bank {membership.name!r}: correct `name`"
        )
    return OwnRecords(records, contract, ingestion.rows, ingestion.quarantined, ingestion.reasons)


def _own(records: pl.DataFrame, contract: Contract, membership: Membership) -> pl.DataFrame:
    """The records of `membership`'s bank; without a bank column all records are its own."""
    parted = with_parts(records, contract, membership.seed).filter(pl.col(PART).is_not_null())
    column = contract.only(Role.BANK)
    own = pl.lit(membership.name) if column is None else pl.col(column.name).cast(pl.String)
    named = parted.with_columns(own.alias(BANK)).filter(pl.col(BANK) == membership.name)
    return compact(named, contract, PART, BANK)
