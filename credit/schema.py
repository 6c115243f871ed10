"""The pandera schema of a contract: what holds for every record that a model may see."""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from credit.contract import Contract, Rule
from credit.errors import DataError
from credit.expressions import Expression
from credit.fields import Column, Derived, Role
from credit.file_expressions import as_read, over_columns
from credit.ranges import limits

_DTYPES: dict = dict.fromkeys(("number", "money", "duration", "items"), pl.Float64)
_DTYPES |= {"year": pl.Int64, "date": pl.Date}


def record_schema(contract: Contract) -> pa.DataFrameSchema:
    """Types, ranges, books, required values and rules of `contract`, for typed records before winsorising."""
    barred = (Role.LEAK, Role.IDENTITY)
    fields = [f for f in contract.fields.values() if f.role not in barred or getattr(f, "required", False)]
    return pa.DataFrameSchema(
        {f.name: _column(f) for f in fields},
        checks=[_rule(r) for r in contract.rules],
        name=f"{contract.name} v{contract.version}",
    )


def schema_faults(records: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Where `records` break the schema: columns place (from 0), column (null for a rule over several), fault.

    Raises DataError where a whole column is not what the schema says.
    """
    try:
        record_schema(contract).validate(records, lazy=True)
        return pl.DataFrame(schema={"place": pl.UInt32, "column": pl.String, "fault": pl.String})
    except SchemaErrors as errors:
        cases = errors.failure_cases
    whole = cases.filter(pl.col("index").is_null())
    if not whole.is_empty():
        raise DataError(
            f"the data do not fit contract {contract.name}: {whole['check'][0]} ({whole['column'][0]})"
        )
    in_column = pl.col("schema_context") == "Column"
    return cases.select(
        pl.col("index").cast(pl.UInt32).alias("place"),
        pl.when(in_column).then("column"),
        pl.col("check").replace({"not_nullable": "is missing"}).alias("fault"),
    ).unique(maintain_order=True)


def _column(field: Column | Derived) -> pa.Column:
    checks = []
    if field.range:
        checks.append(_between(*field.range))
    if field.levels and not isinstance(field, Column):
        checks.append(
            pa.Check.isin(list(field.levels), error=f"is none of the {len(field.levels)} known levels")
        )
    required = isinstance(field, Column) and field.required
    dtype = _dtype(field) if isinstance(field, Column) else None
    return pa.Column(dtype, checks=checks, nullable=not required, title=field.title)


def _dtype(column: Column) -> Any:
    """A category's is its book: no other level can be in such a column."""
    return pl.Enum(list(column.levels)) if column.levels else _DTYPES.get(column.parse, pl.String)


def _between(low: float | None, high: float | None) -> pa.Check:
    error = (
        f"is outside {limits((low, high))}" if None not in (low, high) else f"is not {limits((low, high))}"
    )
    low, high = low if low is not None else float("-inf"), high if high is not None else float("inf")
    return pa.Check.in_range(low, high, error=error)


def _rule(rule: Rule) -> pa.Check:
    def holds(data: pa.PolarsData) -> pl.LazyFrame:
        return as_read(data.lazyframe).select(over_columns(Expression.parse(rule.sql).tree).fill_null(True))

    return pa.Check(holds, error=rule.message)
