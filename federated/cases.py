"""A consortium's records dealt out in several ways, for comparisons."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from credit.contract import Contract, load_contract
from credit.features import PART, ROW, BankRecords
from credit.home import Home
from credit.partitioning import Partition, with_banks
from credit.sources import raw_records
from credit.splits import BANK, bank_records, with_parts
from credit.streaming import ingest_file
from federated.comparison import Case
from federated.consortium import Consortium


@dataclass(frozen=True)
class Dealt:
    """A consortium's records with parts and banks; `of` makes cases of them."""

    consortium: Consortium
    contract: Contract
    records: pl.DataFrame

    @classmethod
    def ingested(cls, consortium: Consortium, home: Home, every_bank: bool = False) -> Dealt:
        """The records of the consortium's data set, of its banks or of every bank.

        Raises DataError where they can't be had.
        """
        contract, raw = load_contract(consortium.dataset), raw_records(consortium.dataset, home.data)
        with tempfile.TemporaryDirectory() as folder:
            read = ingest_file(
                raw,
                contract,
                Path(folder, "q.parquet"),
                lambda r: _parted(r, contract, consortium),
            )
        named = with_banks(read.records, contract, consortium.partition, consortium.seed)
        members = pl.lit(every_bank) | pl.col(BANK).is_in([bank.name for bank in consortium.banks])
        return cls(consortium, contract, named.filter(members))

    def by_bank(self) -> Case:
        """The consortium's banks, in the contract's parts."""
        return self._case(f"{self.contract.name}, its banks", self.records, self.consortium.records_per_bank)

    def at_random(self, caps: list[int]) -> Case:
        """The consortium's banks, at most `caps` records each, parted at random (7 : 1 : 2)."""
        place = np.random.default_rng(self.consortium.seed).random(self.records.height)
        parts = np.array(["train", "validation", "test"])[np.digitize(place, [0.7, 0.8])]
        dealt = self.records.sort(ROW).with_columns(pl.Series(PART, parts))
        return self._case(f"{self.contract.name}, at random", dealt, caps)

    def skewed(self, banks: int, alpha: float) -> Case:
        """The same records among simulated banks whose shares of the outcome classes differ."""
        seed, partition = self.consortium.seed, Partition(how="label", banks=banks, alpha=alpha)
        dealt = with_banks(self.records.drop(BANK), self.contract, partition, seed)
        every = [bank_records(dealt, self.contract, name, seed=seed) for name in partition.names()]
        return Case(f"{self.contract.name}, label skew {alpha:g}", every, self.contract.spec)

    def _case(self, name: str, records: pl.DataFrame, caps: list[int] | int | None) -> Case:
        banks: list[BankRecords] = []
        for number, bank in enumerate(self.consortium.banks):
            cap = caps[number] if isinstance(caps, list) else caps
            own = bank_records(records, self.contract, bank.name, seed=self.consortium.seed, cap=cap)
            own.name = bank.alias
            banks.append(own)
        return Case(name, [bank for bank in banks if bank.train.height], self.contract.spec)


def _parted(records: pl.DataFrame, contract: Contract, consortium: Consortium) -> pl.DataFrame:
    return with_parts(records, contract, consortium.seed).filter(pl.col(PART).is_not_null())
