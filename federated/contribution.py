"""What each bank's records add to the shared model: Shapley values over cheap leaf refits.

A coalition's model keeps the shared model's first trees and takes their leaf values from its own banks' sums
alone; nothing is grown. It is for simulation, and for banks that agreed to it: values of coalitions that
differ in one bank tell that bank's sums, which secure aggregation is there to hide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from credit.errors import FederationError
from credit.features import BankRecords, FeatureSpec
from credit.metrics import auc
from credit.models import Model, class_probabilities
from federated.agreement import base_margin
from federated.learners import params_of, tree_learner
from federated.learners.loss import gradients
from federated.leaves import leaf_sums, newton_values
from federated.shapley import shapley_values
from federated.site import encode

MOST_TREES, MOST_RECORDS = 25, 500


class RefitGame:
    """The game of banks: a coalition is worth its refit's AUC over all banks' validation records, less a half.

    AUC, and not log loss, so that a bank of an unusual default rate isn't blamed for that alone. At most
    MOST_RECORDS of a bank's train and of its validation records play; every coalition starts from the base
    rate of all of them. Raises FederationError for a model without trees.
    """

    def __init__(self, model: Model, banks: Sequence[BankRecords], spec: FeatureSpec, seed: int):
        if model.family == "logistic":
            raise FederationError("contributions need a model of trees: choose lightgbm or catboost")
        learner = tree_learner(model.family, params_of(model.family), spec)
        trees = learner.trees_of(model, MOST_TREES)
        self.structures, self.shrinkage = learner.structures(trees), learner.shrinkage
        parts = [[_sample(bank.part(p), seed) for bank in banks] for p in ("train", "validation")]
        self.train, self.validation = (encode(pl.concat(frames), model.encoding) for frames in parts)
        self.bank = np.repeat(np.arange(len(banks)), [frame.height for frame in parts[0]])
        self.leaves = [learner.leaves(trees, part.X).T for part in (self.train, self.validation)]
        counts = np.bincount(self.train.outcome, minlength=len(spec.classes)).astype(float)
        self.worst = len(spec.classes) - 1
        self.base = np.array(base_margin(counts))

    def __call__(self, coalition: frozenset[int]) -> float:
        """Worth of a coalition of bank numbers; 0 for no bank, and where an outcome class is absent."""
        rows = np.isin(self.bank, list(coalition))
        F, V = (np.tile(self.base, (len(p.outcome), 1)) for p in (self.train, self.validation))
        for tree, structure in enumerate(self.structures) if rows.any() else ():
            own, judged = (leaves[tree] for leaves in self.leaves)
            derivatives = gradients(F[rows], self.train.outcome[rows])
            sums = leaf_sums([structure], own[None, rows], *derivatives)
            values = self.shrinkage.step * newton_values(sums, self.shrinkage)
            table = values.reshape(structure.leaves, -1)
            F[:, structure.margins] += table[own]
            V[:, structure.margins] += table[judged]
        default = (self.validation.outcome == self.worst).astype(int)
        return float(np.nan_to_num(auc(default, class_probabilities(V)[:, -1]) - 0.5))


def contributions(
    model: Model, banks: Sequence[BankRecords], spec: FeatureSpec, *, seed: int, blocks: int = 2
) -> pl.DataFrame:
    """Table of banks by contribution, the largest first, each with its standard error where sampled.

    Columns: bank, records (train), contribution (AUC), error, share (of all contributions together). Raises
    FederationError for a model without trees.
    """
    shares = shapley_values(len(banks), RefitGame(model, banks, spec, seed), seed, blocks)
    total = shares.values.sum()
    return pl.DataFrame(
        {
            "bank": [bank.name for bank in banks],
            "records": [bank.train.height for bank in banks],
            "contribution": shares.values,
            "error": shares.errors,
            "share": shares.values / total if total else np.zeros(len(banks)),
        }
    ).sort("contribution", descending=True)


def _sample(records: pl.DataFrame, seed: int) -> pl.DataFrame:
    return records.sample(min(records.height, MOST_RECORDS), seed=seed)
