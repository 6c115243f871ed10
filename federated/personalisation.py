"""What a bank makes of the shared model, chosen on its validation records and kept at the bank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from credit.features import BankRecords, FeatureSpec
from credit.metrics import log_losses
from credit.models import Model, class_probabilities
from credit.models.logistic import LogisticModel
from federated.boosting import Boosted, Pace, boosted
from federated.learners import params_of, tree_learner
from federated.learners.catboost import CatBoostParams
from federated.learners.lightgbm import LightGBMParams
from federated.learners.loss import gradients, log_loss_sum
from federated.learners.protocol import leaf_cover
from federated.own_records import finished, own_trees
from federated.site import encode
from federated.tasks.task import Part, Parts

SMALL_TREES: dict[str, Any] = {
    "lightgbm": LightGBMParams(num_leaves=7, learning_rate=0.05),
    "catboost": CatBoostParams(depth=3, learning_rate=0.05),
}
CONTINUATION = Pace(trees=5, steps=30, patience=4, fewest=0)
EQUAL, ENOUGH, SURE = 0.5, 900, 1.96
SHARED = "the shared model"
ALONE = "a model of its own records"
JOINED = "the shared model, continued, joined with a model of its own records"


@dataclass(frozen=True)
class Personal:
    """A bank's model: `own` says what it is made of; losses are means over the bank's validation records."""

    model: Model
    own: str
    shared_loss: float
    loss: float


def personalise(shared: Model, records: BankRecords, spec: FeatureSpec, seed: int) -> Personal:
    """What `records` make of `shared`, as one native model of its family.

    Trees: the mean of two models' margins, `shared` continued by a few small trees and one of the bank's own
    records. Both err by themselves and less so together, and equal weights spare the noise of choosing them
    (Bates & Granger 1969, Smith & Wallis 2009); with less than ENOUGH train records the own one weighs less.
    A bank whose validation records surely say otherwise keeps the shared model, or its own. Logistic margins:
    an intercept and a scale (Platt 1999), where the validation loss falls. A bank whose train or validation
    records hold no outcome, or for trees one alone, keeps the shared model.
    """
    train, validation = (encode(f, shared.encoding) for f in (records.train, records.validation))
    if not len(validation.outcome) or not len(train.outcome):
        return Personal(shared, SHARED, float("nan"), float("nan"))
    if isinstance(shared, LogisticModel):
        return _rescaled(shared, train, validation)
    return _with_trees(shared, Parts(train, validation), spec, seed)


def _with_trees(shared: Model, parts: Parts, spec: FeatureSpec, seed: int) -> Personal:
    if min(len(np.unique(part.outcome)) for part in (parts.train, parts.validation)) < 2:
        return Personal(shared, SHARED, float("nan"), float("nan"))
    outcome, start = parts.validation.outcome, shared.margin(parts.validation.X)
    learner = tree_learner(shared.family, params_of(shared.family), spec)
    continued = _continuation(shared, parts, start, spec, seed)
    alone = own_trees(learner, parts, shared.encoding, len(shared.classes), seed)
    own = EQUAL * min(1.0, len(parts.train.outcome) / ENOUGH)
    joined = (1.0 - own) * continued.validation + own * alone.validation
    margins = {JOINED: joined, SHARED: start, ALONE: alone.validation}
    losses = {name: log_losses(outcome, class_probabilities(margin)) for name, margin in margins.items()}
    chosen, model = _surely_best(losses), shared
    if chosen == ALONE:
        model = finished(learner, alone.steps, parts, shared.encoding, shared.classes)
    if chosen == JOINED:
        weights = [1.0 - own] * len(continued.steps) + [own] * len(alone.steps)
        blob = learner.combine(continued.steps + alone.steps, weights)
        model = learner.continued(shared, blob, leaf_cover(learner, blob, parts.train.X), 1.0 - own)
    return Personal(model, chosen, float(losses[SHARED].mean()), float(losses[chosen].mean()))


def _surely_best(losses: dict[str, np.ndarray]) -> str:
    """The first of `losses`, by record, unless others are lower by more than their noise; then the lowest of those."""
    (first, usual), *others = losses.items()
    best, lowest = first, usual.mean()
    for name, loss in others:
        less = usual - loss
        sure = len(less) > 1 and less.mean() > SURE * less.std(ddof=1) / np.sqrt(len(less))
        if sure and loss.mean() < lowest:
            best, lowest = name, loss.mean()
    return best


def _continuation(
    shared: Model, parts: Parts, validation: np.ndarray, spec: FeatureSpec, seed: int
) -> Boosted:
    """A few small trees after those of `shared`, whose margins of the validation records are given."""
    small = tree_learner(shared.family, params_of(shared.family, SMALL_TREES[shared.family]), spec)
    return boosted(small, parts, (shared.margin(parts.train.X), validation), CONTINUATION, seed)


def _rescaled(shared: LogisticModel, train: Part, validation: Part) -> Personal:
    F, V = shared.margin(train.X), shared.margin(validation.X)
    before = best = _mean_loss(V, validation)
    chosen, own = None, SHARED
    for name, scaled in (("an intercept of its own", False), ("an intercept and a scale of its own", True)):
        intercept, scale = _line(F, train.outcome, scaled)
        loss = _mean_loss(intercept + scale * V, validation)
        if loss < best:
            chosen, own, best = (intercept, scale), name, loss
    return Personal(shared if chosen is None else _with_line(shared, *chosen), own, before, best)


def _line(margin: np.ndarray, outcome: np.ndarray, scaled: bool) -> tuple[np.ndarray, float]:
    """Intercepts, shape (K,), and common scale of the margins with the least log loss, ever so little held back."""
    from scipy.optimize import minimize

    k, start = margin.shape[1], np.append(np.zeros(margin.shape[1]), 1.0)

    def objective(line: np.ndarray) -> tuple[float, np.ndarray]:
        moved = line[:k] + line[k] * margin
        g, _ = gradients(moved, outcome)
        away = line - start
        slope = np.append(g.sum(axis=0), (g * margin).sum() if scaled else 0.0) + away
        return log_loss_sum(moved, outcome) + 0.5 * float(away @ away), slope

    line = minimize(objective, start, jac=True, method="L-BFGS-B").x
    return line[:k], float(line[k])


def _with_line(shared: LogisticModel, intercept: np.ndarray, scale: float) -> LogisticModel:
    weights = scale * shared.weights
    weights[:, -1] += intercept
    return LogisticModel(shared.encoding, shared.classes, weights, shared.standardisation)


def _mean_loss(margin: np.ndarray, part: Part) -> float:
    return log_loss_sum(margin, part.outcome) / len(part.outcome)
