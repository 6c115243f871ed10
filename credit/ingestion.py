"""From a source file's text to records that a model may see, and a quarantine for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import polars as pl
from pandera.errors import SchemaErrors

from credit.contract import Contract, Derived, Role
from credit.errors import DataError
from credit.features import OUTCOME
from credit.parsing import MENDED, UNREADABLE, outcome_class, parse_columns, typed_column
from credit.schema import record_schema

ROW = "row"
REASON = "reason"
_TAKEN = {"bank", REASON}
_OWN = "__own__"
_A = {
    "number": "a number",
    "money": "an amount of money",
    "year": "a year",
    "date": "a date",
    "duration": "a duration",
    "items": "a list",
    "category": "a known category",
    "text": "a text",
}


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
    return ingest_slice(raw.with_row_index(ROW), contract, repeated_rows(raw.lazy(), contract))


def check_columns(found: list[str], contract: Contract) -> None:
    """Raise DataError where a column that the contract names is not among those `found`."""
    missing = [c.source for c in contract.columns if c.source not in found]
    if missing:
        raise DataError(
            f"the data have no column {', '.join(map(repr, missing))} that contract {contract.name} names; "
            f"they have {', '.join(found)}. Correct `source` in the contract"
        )


def repeated_rows(raw: pl.LazyFrame, contract: Contract) -> dict[str, pl.Series]:
    """Rows whose value of a unique column stood in an earlier record, by the column's name."""
    return {
        c.name: _repeated(raw.select(typed_column(c).alias(c.name)), c.name)
        for c in contract.columns
        if c.unique
    }


def _repeated(values: pl.LazyFrame, name: str) -> pl.Series:
    """Hashes find the few candidates, so that the texts of a large file are never held at once."""
    value = pl.col(name)
    hashes = (
        values.select(pl.when(value.is_not_null()).then(value.hash())).collect(engine="streaming").to_series()
    )
    suspects = (hashes.is_duplicated() & hashes.is_not_null()).arg_true()
    if suspects.is_empty():
        return pl.Series(ROW, [], pl.UInt32)
    chosen = values.with_row_index(ROW).filter(pl.col(ROW).is_in(suspects.implode()))
    same = chosen.collect(engine="streaming").sort(ROW)
    return same.filter(~value.is_first_distinct())[ROW]


def ingest_slice(raw: pl.DataFrame, contract: Contract, repeated: Mapping[str, pl.Series]) -> Ingestion:
    """`ingest` of one slice of a file; `raw` has `row`, and `repeated` is of `repeated_rows` of the whole file."""
    return judge(raw, typed_records(raw, contract), contract, repeated)


def typed_records(raw: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """`raw` parsed and derived; nothing is refused yet."""
    typed = parse_columns(raw.lazy(), contract).with_columns(outcome_class(contract).alias(OUTCOME)).collect()
    return reduce(_with_derived, contract.derived, typed)


def judge(
    raw: pl.DataFrame, typed: pl.DataFrame, contract: Contract, repeated: Mapping[str, pl.Series]
) -> Ingestion:
    """What of `typed`, the `typed_records` of `raw`, is kept, and why the rest is not."""
    reasons = _reasons(typed, contract, repeated)
    bad = reasons[ROW].unique()
    kept = typed.filter(~pl.col(ROW).is_in(bad.implode()))
    names = [n for n in _kept_columns(contract) if n in kept.columns]
    return Ingestion(
        records=_clipped(kept, contract).select(ROW, *names, OUTCOME),
        quarantine=_quarantine(raw, reasons, contract),
        mended={c.removeprefix(MENDED): int(typed[c].sum()) for c in typed.columns if c.startswith(MENDED)},
    )


def _with_derived(frame: pl.DataFrame, derived: Derived) -> pl.DataFrame:
    value = pl.sql_expr(derived.sql)
    if derived.levels is None:
        value = value.cast(pl.Float64)
        value = pl.when(value.is_finite()).then(value)
    return frame.with_columns(value.alias(derived.name))


def _kept_columns(contract: Contract) -> list[str]:
    return [f.name for f in contract.fields.values() if f.role is not Role.IDENTITY]


def _clipped(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    limited = [f for f in contract.fields.values() if f.clip]
    return frame.with_columns(pl.col(f.name).clip(*f.clip) for f in limited if f.clip)


def _reasons(frame: pl.DataFrame, contract: Contract, repeated: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Columns row and reason, one line a fault."""
    faults = [
        _rows(frame, pl.col(UNREADABLE + c.name), f"{c.source}: is not {_A[c.parse]}")
        for c in contract.columns
        if UNREADABLE + c.name in frame.columns
    ]
    target = contract.outcome.column
    unnamed = pl.col(target).is_not_null() & pl.col(OUTCOME).is_null()
    faults.append(_rows(frame, unnamed, f"{_source(contract, target)}: no outcome of the contract"))
    for name, rows in repeated.items():
        again = pl.col(ROW).is_in(rows.implode())
        faults.append(_rows(frame, again, f"{_source(contract, name)}: occurs in an earlier record"))
    return pl.concat([*faults, _schema_faults(frame, contract)])


def _rows(frame: pl.DataFrame, where: pl.Expr, reason: str) -> pl.DataFrame:
    return frame.filter(where).select(ROW, pl.lit(reason).alias(REASON))


def _schema_faults(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    try:
        record_schema(contract).validate(frame, lazy=True)
        return pl.DataFrame(schema={ROW: pl.UInt32, REASON: pl.String})
    except SchemaErrors as errors:
        return _failure_rows(errors.failure_cases, frame, contract)


def _failure_rows(cases: pl.DataFrame, frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    whole = cases.filter(pl.col("index").is_null())
    if not whole.is_empty():
        raise DataError(
            f"the data do not fit contract {contract.name}: {whole['check'][0]} ({whole['column'][0]})"
        )
    check = pl.col("check").replace({"not_nullable": "is missing"})
    source = pl.col("column").replace({c.name: c.source for c in contract.columns})
    in_column = pl.col("schema_context") == "Column"
    reason = pl.when(in_column).then(pl.concat_str(source, check, separator=": ")).otherwise(check)
    placed = cases.with_columns(frame[ROW].gather(cases["index"].cast(pl.UInt32)).alias(ROW))
    return (
        placed.join(_unreadable_pairs(frame), on=[ROW, "column"], how="anti")
        .select(ROW, reason.alias(REASON))
        .unique(maintain_order=True)
    )


def _unreadable_pairs(frame: pl.DataFrame) -> pl.DataFrame:
    """Values already reported as unreadable: that they are now missing is no second fault."""
    flags = [c for c in frame.columns if c.startswith(UNREADABLE)]
    pairs = [
        frame.filter(pl.col(flag)).select(ROW, pl.lit(flag.removeprefix(UNREADABLE)).alias("column"))
        for flag in flags
    ]
    return pl.concat([pl.DataFrame(schema={ROW: pl.UInt32, "column": pl.String}), *pairs])


def _quarantine(raw: pl.DataFrame, reasons: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    bank = contract.only(Role.BANK)
    name = pl.col(_source(contract, bank.name)).str.strip_chars() if bank else pl.lit(None, pl.String)
    joined = reasons.group_by(ROW).agg(pl.col(REASON).sort().str.join("; "))
    bad = raw.join(joined.rename({REASON: _OWN + REASON}), on=ROW).sort(ROW)
    own = [ROW, name.alias("bank"), pl.col(_OWN + REASON).alias(REASON)]
    return bad.select(
        *own, *(pl.col(c).alias(f"{c} (source)" if c in _TAKEN else c) for c in raw.columns if c != ROW)
    )


def _source(contract: Contract, name: str) -> str:
    return next(c.source for c in contract.columns if c.name == name)
