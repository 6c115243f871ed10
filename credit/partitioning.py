"""Banks for records that name none: by a column, or simulated as the literature on federated learning does."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from credit.contract import Contract
from credit.errors import ContractError, DataError
from credit.features import OUTCOME, ROW
from credit.fields import Role

BANK = "bank_of_partition"
SMALLEST = 50
"""customers a simulated bank must have"""
TRIES = 1000


class Partition(BaseModel):
    """How records are shared out among banks: by the values of `column`, or among `banks` simulated ones.

    iid: equal shares of alike customers. size: shares of the records drawn from a Dirichlet. label: each
    outcome class shared out by its own Dirichlet draw (Hsu, Qi & Brown 2019). quantity_label: both at once.
    A smaller `alpha` sets the banks further apart (Li, Diao, Chen & He 2022).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    how: Literal["column", "iid", "size", "label", "quantity_label"]
    column: str = Field(default="", description="of `column`: the contract's name for it")
    banks: int = Field(default=6, ge=2, le=1000)
    alpha: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.how == "column") != bool(self.column):
            raise ValueError("`column` names the column of a partition by column, and of no other")
        return self

    def names(self) -> list[str]:
        """The names of simulated banks."""
        return [f"simulated bank {i + 1:02d}" for i in range(self.banks)]


def with_banks(
    records: pl.DataFrame, contract: Contract, partition: Partition | None, seed: int
) -> pl.DataFrame:
    """`records` with the column BANK: of the partition, or without one the contract's bank column.

    All records of a customer go to one bank. Raises ContractError where the column is unknown or there is
    none, DataError where no draw gives every bank enough customers.
    """
    if partition is None or partition.how == "column":
        return records.with_columns(pl.col(bank_column(contract, partition)).cast(pl.String).alias(BANK))
    entity = contract.only(Role.ENTITY)
    key = ROW if entity is None else entity.name
    customers = records.sort(ROW).group_by(key, maintain_order=True).agg(pl.col(OUTCOME).last())
    bank = _drawn(customers[OUTCOME].to_numpy(), len(contract.classes), partition, seed)
    names = pl.Series(BANK, partition.names(), pl.String)[bank]
    return records.join(customers.select(key, names.alias(BANK)), on=key, how="left", maintain_order="left")


def bank_table(records: pl.DataFrame, n_classes: int) -> pl.DataFrame:
    """Columns bank, records, worst_rate (the share of the last outcome class); the largest bank first."""
    worst = (pl.col(OUTCOME) == n_classes - 1).mean().alias("worst_rate")
    counts = records.group_by(pl.col(BANK).alias("bank")).agg(pl.len().alias("records"), worst)
    return counts.sort("records", "bank", descending=[True, False])


def bank_column(contract: Contract, partition: Partition | None) -> str:
    """The column that names a record's bank: the partition's, else the contract's. Raises ContractError without."""
    if partition is not None:
        if partition.column not in contract.fields:
            raise ContractError(
                f"the partition's column {partition.column!r} is none of contract {contract.name}"
            )
        return partition.column
    bank = contract.only(Role.BANK)
    if bank is None:
        raise ContractError(
            f"contract {contract.name} has no column with the role bank: give one, or a `partition` of the consortium"
        )
    return bank.name


def _drawn(outcome: np.ndarray, n_classes: int, partition: Partition, seed: int) -> np.ndarray:
    """A bank number for each customer; drawn again until every bank has SMALLEST customers."""
    rng = np.random.default_rng([seed, partition.banks])
    if partition.how == "iid":
        return rng.permutation(np.arange(len(outcome)) % partition.banks)
    least = min(SMALLEST, len(outcome) // (4 * partition.banks))
    for _ in range(TRIES):
        bank = _shared_out(outcome, _shares(n_classes, partition, rng), rng)
        if np.bincount(bank, minlength=partition.banks).min() >= max(1, least):
            return bank
    raise DataError(
        f"no draw of {TRIES} gives each of {partition.banks} banks {least} of {len(outcome):,} customers: "
        "take fewer banks, or a larger alpha"
    )


def _shares(n_classes: int, partition: Partition, rng: np.random.Generator) -> np.ndarray:
    """Each bank's share of each class, shape (classes, banks); rows add up to one."""
    even = np.ones((n_classes, partition.banks))
    if partition.how in ("size", "quantity_label"):
        even = even * rng.dirichlet(np.full(partition.banks, partition.alpha))
    if partition.how in ("label", "quantity_label"):
        even = even * rng.dirichlet(np.full(partition.banks, partition.alpha), n_classes)
    return even / even.sum(axis=1, keepdims=True)


def _shared_out(outcome: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    ends = shares.cumsum(axis=1)
    place = rng.random(len(outcome))
    return (place[:, None] > ends[outcome]).sum(axis=1).clip(max=shares.shape[1] - 1)
