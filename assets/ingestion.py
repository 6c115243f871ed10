"""Loan records: taken from their source, checked against the contract, split per bank."""

from dataclasses import asdict
from pathlib import Path

import dagster as dg
import polars as pl

from assets.setting import OWNERS, banks, consortium, contract, one_run
from assets.tables import columns, picture, table
from credit.errors import DataError
from credit.features import OUTCOME, PART, BankRecords
from credit.fields import Role
from credit.fingerprints import frame_fingerprint
from credit.home import Home
from credit.leaks import barred_features, leak_findings
from credit.partition_plot import partition_plot
from credit.partitioning import bank_table, with_banks
from credit.sources import RawRecords, raw_records
from credit.splits import bank_records, check_parts, single_class_parts, with_parts
from credit.streaming import FileIngestion, compact, ingest_file
from registry.tracking import Tracking

QUARANTINE_LIMIT = 0.2
Parts = dict[str, pl.DataFrame]


@dg.asset(group_name="ingestion", kinds={"polars"}, owners=OWNERS, code_version="1", backfill_policy=one_run)
def raw_loan_records(home: dg.ResourceParam[Home]):
    """Loan records as their source holds them."""
    raw = raw_records(consortium().dataset, home.data)
    return dg.MaterializeResult(
        value=asdict(raw),
        metadata={
            "dagster/row_count": raw.rows,
            "origin": raw.origin,
            "cached": raw.cached,
            "files": [file.path for file in raw.files],
            "sha256": raw.sha256,
        },
        data_version=dg.DataVersion(raw.sha256),
    )


@dg.asset(
    partitions_def=banks,
    backfill_policy=one_run,
    group_name="ingestion",
    kinds={"polars", "pandera"},
    owners=OWNERS,
    code_version="1",
    check_specs=[
        dg.AssetCheckSpec(
            "contract", asset="loan_records", description="Few records fail the contract.", blocking=True
        ),
        dg.AssetCheckSpec(
            "leak_guard", asset="loan_records", description="No feature knows the outcome.", blocking=True
        ),
    ],
)
def loan_records(
    context: dg.AssetExecutionContext,
    raw_loan_records: dict,
    home: dg.ResourceParam[Home],
    tracking: dg.ResourceParam[Tracking],
):
    """Each bank's records that fit the contract, with derived features, in train, validation and test."""
    quarantine = home.quarantine / contract().name / "quarantine.parquet"
    ingestion = ingest_file(RawRecords.from_dict(raw_loan_records), contract(), quarantine, _consortiums)
    parted = with_banks(ingestion.records, contract(), consortium().partition, consortium().seed)
    check_parts(parted, contract())
    sharing = bank_table(parted, len(contract().classes))
    shared_out = partition_plot(sharing, contract().classes[-1])
    tracking.log_bytes(tracking.pipeline_run(context.run_id), shared_out, "ingestion/banks.png")
    by_bank = {alias: _parts(parted, alias) for alias in context.partition_keys}
    for alias, parts in by_bank.items():
        context.add_asset_metadata(_bank_metadata(alias, parts, ingestion), partition_key=alias)
    return dg.MaterializeResult(
        value=by_bank,
        metadata={
            **_metadata(ingestion, parted, quarantine),
            "banks, plotted": picture(shared_out),
            "banks by size and outcome": table(sharing),
        },
        check_results=[_contract_check(ingestion), _leak_check(by_bank)],
    )


def _consortiums(records: pl.DataFrame) -> pl.DataFrame:
    """The consortium's banks' records that have a part."""
    parted = with_parts(records, contract(), consortium().seed).filter(pl.col(PART).is_not_null())
    partition, bank = consortium().partition, contract().only(Role.BANK)
    if partition is not None and partition.how != "column":
        return compact(parted, contract(), PART)
    named = partition.column if partition is not None else bank.name if bank is not None else PART
    own = (
        pl.col(named).cast(pl.String).is_in([b.name for b in consortium().banks])
        if named != PART
        else pl.lit(True)
    )
    return compact(parted.filter(own), contract(), PART, named)


def _metadata(ingestion: FileIngestion, parted: pl.DataFrame, quarantine: Path) -> dict:
    train = parted.filter(pl.col(PART) == "train")
    barred = [f for f in contract().with_role(Role.LEAK) if f.name in parted.columns]
    return {
        "records read": ingestion.rows,
        "records kept": ingestion.kept,
        "quarantined": ingestion.quarantined,
        "quarantine file": dg.MetadataValue.path(quarantine),
        "quarantined by bank and reason": table(ingestion.reasons.head(50)),
        "mended values": dict(ingestion.mended),
        "barred columns, how well each alone ranks defaults": table(
            pl.DataFrame(leak_findings(train, barred))
        ),
    }


def _contract_check(ingestion: FileIngestion) -> dg.AssetCheckResult:
    count, share = ingestion.quarantined, ingestion.quarantined / ingestion.rows
    return dg.AssetCheckResult(
        check_name="contract",
        passed=share <= QUARANTINE_LIMIT,
        metadata={"quarantined": count, "share": share, "limit": QUARANTINE_LIMIT},
        description=f"{count:,} of {ingestion.rows:,} records are in quarantine; {QUARANTINE_LIMIT:.0%} may be",
    )


def _leak_check(by_bank: dict[str, Parts]) -> dg.AssetCheckResult:
    train = pl.concat([parts["train"] for parts in by_bank.values()])
    findings = leak_findings(train, contract().features)
    barred = barred_features(contract().spec.features, contract())
    leaking = sorted({f.column for f in findings if f.blocks} | set(barred))
    return dg.AssetCheckResult(
        check_name="leak_guard",
        passed=not leaking,
        metadata={"findings": table(pl.DataFrame(findings))} if findings else {},
        description=f"leaks: {', '.join(leaking)}" if leaking else "no feature knows the outcome",
    )


def _parts(records: pl.DataFrame, alias: str) -> Parts:
    name = consortium().bank(alias).name
    bank = bank_records(records, contract(), name, seed=consortium().seed, cap=consortium().records_per_bank)
    if not bank.train.height:
        raise DataError(
            f"bank {name!r} ({alias}) has no training record in data set {contract().name}: "
            "correct its name in the consortium file, or remove it"
        )
    return {"train": bank.train, "validation": bank.validation, "test": bank.test}


def _share(records: pl.DataFrame, outcome: int) -> float:
    return float((records[OUTCOME].to_numpy() == outcome).mean())


def _bank_metadata(alias: str, parts: Parts, ingestion: FileIngestion) -> dict:
    name = consortium().bank(alias).name
    own = ingestion.reasons.filter(pl.col("bank") == name)
    rates = {f"{part} records": frame.height for part, frame in parts.items()}
    worst = len(contract().classes) - 1
    rates |= {f"{p} rate of {contract().classes[-1]}": _share(f, worst) for p, f in parts.items() if f.height}
    one_class = single_class_parts(BankRecords(alias, **parts))
    return {
        **rates,
        "dagster/row_count": sum(f.height for f in parts.values()),
        "dagster/column_schema": columns(parts["train"]),
        "fingerprint": frame_fingerprint(*parts.values()),
        "quarantined": int(own["records"].sum()),
        "quarantined by reason": table(own.drop("bank")),
        "parts with one outcome class": ", ".join(one_class) or "none",
    }
