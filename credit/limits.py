"""Limits for winsorising amounts, fitted on training records and then written into the contract."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from credit.contract import Contract
from credit.features import PART
from credit.ingestion import ingest
from credit.splits import with_parts

TAIL = 0.005


def fitted_limits(
    texts: pl.DataFrame, contract: Contract, names: Iterable[str], seed: int
) -> dict[str, tuple[float, float]]:
    """By name the 0.5% and 99.5% quantiles of those columns over the training records of `texts`, to 3 digits.

    The limits that the contract has already are not applied; a column without values in training is left out.
    """
    free = tuple(c.model_copy(update={"clip": None}) for c in contract.columns)
    records = ingest(texts, contract.model_copy(update={"columns": free})).records
    train = with_parts(records, contract, seed).filter(pl.col(PART) == "train")
    known = {name: train[name].drop_nulls() for name in names}
    return {name: (_quantile(v, TAIL), _quantile(v, 1.0 - TAIL)) for name, v in known.items() if len(v)}


def _quantile(values: pl.Series, share: float) -> float:
    return float(f"{values.quantile(share):.3g}")
