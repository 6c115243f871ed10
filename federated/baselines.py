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
from federated.boosting import Pace, boosted
from federated.learners import params_of, tree_learner
from federated.learners.logistic import LogisticLearner, LogisticParams
from federated.learners.protocol import leaf_cover
from federated.site import encode, outcome_counts
from federated.tasks.task import Part, Parts

PACE = Pace(trees=10, steps=30, patience=3)
BLIND = Pace(trees=10, steps=10, patience=None)


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
    start = [np.tile(np.array(base), (len(p.outcome), 1)) for p in (parts.train, parts.validation)]
    steps = boosted(learner, parts, (start[0], start[1]), pace(parts), seed).steps
    trees = learner.combine(steps, [1.0] * len(steps))
    cover = leaf_cover(learner, trees, parts.train.X)
    return learner.finish(trees, base, cover, encoding, spec.classes)


def pace(parts: Parts) -> Pace:
    """How a bank boosts by itself: for a fixed number of steps where its validation records hold one class."""
    return PACE if len(np.unique(parts.validation.outcome)) > 1 else BLIND


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
