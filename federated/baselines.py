"""What a federation is compared with: each bank alone, and all records in one place (simulation only)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from credit.encoding import Encoding
from credit.features import BankRecords, FeatureSpec
from credit.models import Model
from credit.models.logistic import LogisticModel, Standardisation, feature_moments
from federated.agreement import base_margin, logged_mask
from federated.learners import params_of, tree_learner
from federated.learners.logistic import LogisticLearner, LogisticParams
from federated.learners.loss import log_loss_sum
from federated.learners.protocol import TreeLearner, leaf_cover
from federated.site import encode, outcome_counts
from federated.tasks.task import Part, Parts

MOST_TREES = 300
TREES_BLIND = 100
TREES_A_STEP = 10
PATIENCE = 3


def train_local(family: str, records: BankRecords, spec: FeatureSpec, seed: int, params: Any = None) -> Model:
    """One bank's own model: own encoding, own base rate, stopped early on its own validation records.

    Where those hold one class, trees stop at a fixed number. Raises FederationError for an unknown family.
    """
    return _train(family, records.train, records.validation, spec, seed, params, threads=1)


def train_pooled(
    family: str,
    banks: Sequence[BankRecords],
    spec: FeatureSpec,
    seed: int,
    params: Any = None,
) -> Model:
    """The model of all banks' records together, which no real consortium can have."""
    train, validation = (pl.concat([b.part(part) for b in banks]) for part in ("train", "validation"))
    return _train(family, train, validation, spec, seed, params, threads=os.cpu_count() or 1)


def _train(
    family: str,
    train: pl.DataFrame,
    validation: pl.DataFrame,
    spec: FeatureSpec,
    seed: int,
    params: Any,
    threads: int,
) -> Model:
    plain_params = params_of(family, params)
    counts = outcome_counts(train, spec)
    encoding, base = Encoding.fit(spec.features, counts), base_margin(counts.outcomes)
    parts = Parts(encode(train, encoding), encode(validation, encoding))
    if family == "logistic":
        return _logistic(LogisticParams(**plain_params), parts.train, base, encoding, spec)
    learner = tree_learner(family, plain_params, spec, threads)
    trees = _boost(learner, parts, base, seed)
    cover = leaf_cover(learner, trees, parts.train.X)
    return learner.finish(trees, base, cover, encoding, spec.classes)


def _logistic(
    params: LogisticParams,
    part: Part,
    base: Sequence[float],
    encoding: Encoding,
    spec: FeatureSpec,
) -> LogisticModel:
    logged = logged_mask(spec)
    scale = Standardisation.fit(feature_moments(part.X, logged), logged)
    start = np.zeros((len(base), len(spec.features) + 1))
    start[:, -1] = base
    weights = LogisticLearner(params).optimum(start, scale.transform(part.X), part.outcome)
    return LogisticModel(encoding, spec.classes, weights, scale)


def _boost(learner: TreeLearner, parts: Parts, base: Sequence[float], seed: int) -> bytes:
    """A blob of the trees up to the lowest validation loss, grown a few at a time."""
    judged = len(np.unique(parts.validation.outcome)) > 1
    data = learner.bind(parts.train.X, parts.train.outcome)
    F, V = (np.tile(np.array(base), (len(p.outcome), 1)) for p in (parts.train, parts.validation))
    steps: list[bytes] = []
    best, best_loss = 1, np.inf
    for step in range(1, (MOST_TREES if judged else TREES_BLIND) // TREES_A_STEP + 1):
        steps.append(learner.propose(data, F, TREES_A_STEP, seed + step))
        F += learner.margins(steps[-1], parts.train.X)
        V += learner.margins(steps[-1], parts.validation.X)
        loss = log_loss_sum(V, parts.validation.outcome) if judged else -step
        if loss < best_loss:
            best, best_loss = step, loss
        if step - best >= PATIENCE:
            break
    return learner.combine(steps[:best], [1.0] * best)
