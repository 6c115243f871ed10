"""What one bank of eight whose outcomes are flipped costs the others: `python -m benchmarks.poisoning`."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from credit.contract import load_contract
from credit.features import OUTCOME, BankRecords, FeatureSpec, outcomes
from credit.ingestion import ingest
from credit.models import Model
from credit.partitioning import with_banks
from credit.splits import bank_records, with_parts
from credit.synthetic import bank_names, synthetic_loans
from federated.training import inprocess_grid, train_federated

BANKS, VICTIM = 8, 2
RUNS = (("logistic", "fedavg"), ("lightgbm", "fedavg"), ("lightgbm", "leaf_refit"), ("lightgbm", "histogram"))


def cost_of_a_poisoned_bank(rows: int = 24_000, rounds: int = 20, seed: int = 0) -> list[dict]:
    """A row a family and strategy: mean AUC inside the seven honest banks, on their test records.

    `honest` is with all eight banks honest, `poisoned` with every train and validation outcome of one
    flipped, `without` is with that bank left out.
    """
    spec, banks = _banks(rows, seed)
    spoilt = [_flipped(b) if i == VICTIM else b for i, b in enumerate(banks)]
    others = [b for i, b in enumerate(banks) if i != VICTIM]
    table = []
    for family, strategy in RUNS:
        aucs = {
            name: _mean_auc(_model(family, strategy, these, spec, rounds), others)
            for name, these in (("honest", banks), ("poisoned", spoilt), ("without", others))
        }
        table.append({"family": family, "strategy": strategy, **aucs})
    return table


def _model(family: str, strategy: str, banks: Sequence[BankRecords], spec: FeatureSpec, rounds: int) -> Model:
    grid = inprocess_grid(banks, spec)
    return train_federated(family, grid, spec, strategy=strategy, rounds=rounds, patience=5).model


def _banks(rows: int, seed: int) -> tuple[FeatureSpec, list[BankRecords]]:
    contract = load_contract("synthetic")
    records = ingest(synthetic_loans(rows, BANKS, seed), contract).records
    parted = with_banks(with_parts(records, contract, seed), contract, None, seed)
    return contract.spec, [bank_records(parted, contract, name, seed=seed) for name in bank_names(BANKS)]


def _flipped(bank: BankRecords) -> BankRecords:
    train, validation = (
        f.with_columns((1 - pl.col(OUTCOME)).alias(OUTCOME)) for f in (bank.train, bank.validation)
    )
    return BankRecords(bank.name, train, validation, bank.test)


def _mean_auc(model: Model, banks: Sequence[BankRecords]) -> float:
    aucs = []
    for bank in banks:
        chance = model.probabilities(model.encoding.matrix(bank.test))[:, 1]
        outcome = outcomes(bank.test)
        if 0 < outcome.sum() < len(outcome):
            aucs.append(roc_auc_score(outcome, chance))
    return float(np.mean(aucs))


if __name__ == "__main__":
    for row in cost_of_a_poisoned_bank():
        print(json.dumps(row))
