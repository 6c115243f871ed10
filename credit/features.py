"""What a model may read: feature names, their books of levels, and one bank's records in three parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

ROW = "row"
"""a record's place in its source, from 0"""
PLACE = "__place__"
"""the same beside texts, whose source may have a column of its own named row"""
OUTCOME = "outcome"
PART = "part"
"""which of PARTS a record falls into"""
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class FeatureSpec:
    """The features of a contract, in the order in which every model reads them.

    `levels` gives a category feature's book; `logged` names amounts that linear models take on a log
    scale; `monotone` is +1 where a higher value may only raise the risk, -1 where it may only lower it;
    `classes` are the outcome classes in order (default is the last of two); `contract` is a fingerprint.
    """

    features: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]
    logged: tuple[str, ...]
    monotone: dict[str, int]
    classes: tuple[str, ...]
    contract: str


def outcomes(frame: pl.DataFrame) -> np.ndarray:
    """Class numbers of the records of `frame`, shape (n,)."""
    return frame[OUTCOME].to_numpy().astype(np.int64)


def defaults(frame: pl.DataFrame, spec: FeatureSpec) -> np.ndarray:
    """1 where a record of `frame` is of the last class, else 0, shape (n,)."""
    return (outcomes(frame) == len(spec.classes) - 1).astype(np.int64)


@dataclass
class BankRecords:
    """One bank's records: feature columns plus `outcome`, a class number, in each part."""

    name: str
    train: pl.DataFrame
    validation: pl.DataFrame
    test: pl.DataFrame

    def part(self, name: str) -> pl.DataFrame:
        """The frame of `name`, one of PARTS."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]
