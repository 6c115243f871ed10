"""Applicants that nobody is: varied around the contract's examples, where no record may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from credit.applicant import ApplicantReader, example_applicant
from credit.contract import Contract
from credit.errors import DataError
from credit.faults import ApplicantError
from credit.fields import Column

TRIES = 50


def made_up_applicants(contract: Contract, count: int, seed: int) -> list[dict[str, Any]]:
    """`count` applicants that the contract accepts, drawn with `seed` without looking at any record.

    Raises DataError where the contract's examples vary into none that it accepts.
    """
    rng, reader, example = np.random.default_rng(seed), ApplicantReader(contract), example_applicant(contract)
    made: list[dict[str, Any]] = []
    for _ in range(TRIES * count):
        applicant = {c.name: _varied(c, example[c.name], rng) for c in _stated(contract, example)}
        if _accepted(reader, applicant):
            made.append(applicant)
        if len(made) == count:
            return made
    raise DataError(
        f"contract {contract.name} accepts no applicant like its examples: correct their `example`"
    )


def applicant_features(contract: Contract, applicants: list[dict[str, Any]]) -> pl.DataFrame:
    """The features of `applicants` as models' encodings read them, a row each."""
    reader = ApplicantReader(contract)
    rows = [reader.features(reader.values(reader.check(a))) for a in applicants]
    kinds = {f.name: pl.String if f.levels else pl.Float64 for f in contract.features}
    return pl.DataFrame(rows, schema=kinds, strict=False)


def _stated(contract: Contract, example: Mapping[str, Any]) -> list[Column]:
    return [c for c in contract.applicant_columns if c.name in example]


def _varied(column: Column, example: Any, rng: np.random.Generator) -> Any:
    """Another level of a category; an amount between half and twice the example; the rest as it is."""
    if column.levels:
        return str(rng.choice(list(column.levels)))
    if not isinstance(example, (int, float)):
        return example
    if column.parse == "year":
        return int(example)
    low, high = column.range or (-np.inf, np.inf)
    return float(np.clip(round(example * 2 ** rng.uniform(-1, 1)), low, high))


def _accepted(reader: ApplicantReader, applicant: Mapping[str, Any]) -> bool:
    try:
        reader.values(reader.check(applicant))
    except ApplicantError:
        return False
    return True
