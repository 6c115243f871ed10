"""The pandera schema of a contract: what holds for every record that a model may see."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from credit.contract import Column, Contract, Derived, Role, Rule

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


def _column(field: Column | Derived) -> pa.Column:
    checks = []
    if field.range:
        checks.append(_between(*field.range))
    if field.levels:
        checks.append(
            pa.Check.isin(list(field.levels), error=f"is none of the {len(field.levels)} known levels")
        )
    dtype = _DTYPES.get(field.parse, pl.String) if isinstance(field, Column) else None
    required = isinstance(field, Column) and field.required
    return pa.Column(dtype, checks=checks, nullable=not required, title=field.title)


def _between(low: float | None, high: float | None) -> pa.Check:
    low, high = low if low is not None else float("-inf"), high if high is not None else float("inf")
    return pa.Check.in_range(low, high, error=f"is outside {low:g} to {high:g}")


def _rule(rule: Rule) -> pa.Check:
    def holds(data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.sql_expr(rule.sql).fill_null(True))

    return pa.Check(holds, error=rule.message)
