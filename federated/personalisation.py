"""A bank's own continuation of the shared model, chosen on its validation records and kept at the bank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from credit.features import BankRecords, FeatureSpec
from credit.models import Model
from credit.models.logistic import LogisticModel
from federated.learners import params_of, tree_learner
from federated.learners.catboost import CatBoostParams
from federated.learners.lightgbm import LightGBMParams
from federated.learners.loss import gradients, log_loss_sum
from federated.learners.protocol import leaf_cover
from federated.site import encode
from federated.tasks.task import Part

SMALL_TREES: dict[str, Any] = {
    "lightgbm": LightGBMParams(num_leaves=7, learning_rate=0.05),
    "catboost": CatBoostParams(depth=3, learning_rate=0.05),
}
STEPS, TREES_A_STEP, PATIENCE = 30, 5, 4
SHARED = "the shared model"


@dataclass(frozen=True)
class Personal:
    """A bank's model: `own` says what it adds to the shared one; losses are means over its validation records."""

    model: Model
    own: str
    shared_loss: float
    loss: float


def personalise(shared: Model, records: BankRecords, spec: FeatureSpec, seed: int) -> Personal:
    """The continuation of `shared` with the lowest validation loss of `records`; `shared` itself where none helps.

    Trees are continued by a few small ones, logistic margins by an intercept and a scale (Platt 1999). A bank
    without train or validation records keeps the shared model.
    """
    train, validation = (encode(f, shared.encoding) for f in (records.train, records.validation))
    if not len(validation.outcome) or not len(train.outcome):
        return Personal(shared, SHARED, float("nan"), float("nan"))
    if isinstance(shared, LogisticModel):
        return _rescaled(shared, train, validation)
    return _continued(shared, train, validation, spec, seed)


def _continued(shared: Model, train: Part, validation: Part, spec: FeatureSpec, seed: int) -> Personal:
    learner = tree_learner(shared.family, params_of(shared.family, SMALL_TREES[shared.family]), spec)
    data, F, V = (
        learner.bind(train.X, train.outcome),
        shared.margin(train.X),
        shared.margin(validation.X),
    )
    steps, losses = [], [_mean_loss(V, validation)]
    for step in range(STEPS):
        steps.append(learner.propose(data, F, TREES_A_STEP, seed + step))
        F, V = (m + learner.margins(steps[-1], p.X) for m, p in ((F, train), (V, validation)))
        losses.append(_mean_loss(V, validation))
        if min(losses[-PATIENCE:]) > min(losses):
            break
    best = int(np.argmin(losses))
    if not best:
        return Personal(shared, SHARED, losses[0], losses[0])
    blob = learner.combine(steps[:best], [1.0] * best)
    model = learner.continued(shared, blob, leaf_cover(learner, blob, train.X))
    return Personal(model, f"{best * TREES_A_STEP} trees of its own", losses[0], losses[best])


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
