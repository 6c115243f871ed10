"""From a source file's text to records that a model may see, and a quarantine for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from credit.contract import Contract
from credit.errors import DataError
from credit.features import OUTCOME, PLACE, ROW
from credit.fields import Role
from credit.quarantine import REASON, quarantined, refusals
from credit.typed import Typed, typed_records
from credit.uniqueness import Repeats


@dataclass
class Ingestion:
    """Every record read is either in `records` or in `quarantine`.

    `records` has `row` (its place in the source, from 0), every column and derived column but identities,
    and `outcome`; `quarantine` has `row`, `bank`, `reason` and the raw text of each source column;
    `mended` counts values outside their book or range that the contract lets pass as missing.
    """

    records: pl.DataFrame
    quarantine: pl.DataFrame
    mended: dict[str, int]

    @property
    def rows(self) -> int:
        return self.records.height + self.quarantine.height

    def reasons(self) -> pl.DataFrame:
        """Quarantined records by bank and reason: columns bank, reason, records."""
        counts = self.quarantine.group_by("bank", REASON).agg(pl.len().alias("records"))
        return counts.sort("records", "bank", REASON, descending=[True, False, False], nulls_last=True)


def ingest(raw: pl.DataFrame, contract: Contract) -> Ingestion:
    """Parse, check and derive `raw`, whose columns are texts under the source's names.

    Raises DataError where columns of the contract are missing or there is no record.
    """
    check_columns(raw.columns, contract)
    if raw.is_empty():
        raise DataError("the data hold no record")
    numbered = raw.with_row_index(PLACE)
    typed = typed_records(numbered, contract)
    return judge(numbered, typed, contract, Repeats(contract, raw.height).among(typed.records))


def check_columns(found: list[str], contract: Contract) -> None:
    """Raise DataError where a column that the contract names is not among those `found`."""
    missing = [c.source for c in contract.columns if c.source not in found]
    if missing:
        raise DataError(
            f"the data have no column {', '.join(map(repr, missing))} that contract {contract.name} names; "
            f"they have {', '.join(found)}. Correct `source` in the contract"
        )


def judge(
    raw: pl.DataFrame, typed: Typed, contract: Contract, repeated: Mapping[str, pl.Series]
) -> Ingestion:
    """What of `typed`, the `typed_records` of `raw`, is kept, and why the rest is not.

    `raw` has PLACE and `typed` `row`; `repeated` are rows among the `Repeats` of the whole file.
    """
    refused = refusals(typed, contract, repeated)
    bad = typed.records[ROW].is_in(refused[ROW].unique().implode())
    return Ingestion(
        records=_kept(typed.records, ~bad, contract),
        quarantine=quarantined(raw.filter(bad), refused, contract),
        mended=typed.mended,
    )


def _kept(records: pl.DataFrame, good: pl.Series, contract: Contract) -> pl.DataFrame:
    """The `good` records, winsorised, without identities."""
    fields = [
        f for f in contract.fields.values() if f.role is not Role.IDENTITY and f.name in records.columns
    ]
    values = [pl.col(f.name).clip(*f.clip) if f.clip else pl.col(f.name) for f in fields]
    return records.lazy().filter(good).select(ROW, *values, OUTCOME).collect()
