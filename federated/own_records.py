"""A model of one bank's own records, from what its categories tell by themselves."""

from __future__ import annotations

import numpy as np

from credit.encoding import Encoding
from credit.features import BankRecords, FeatureSpec
from credit.models import Model
from federated.agreement import base_margin
from federated.baselines import pace
from federated.boosting import Boosted, boosted
from federated.category_evidence import category_evidence, constant
from federated.learners import params_of, tree_learner
from federated.learners.protocol import TreeLearner, leaf_cover
from federated.site import encode, outcome_counts
from federated.tasks.task import Parts


def own_trees(learner: TreeLearner, parts: Parts, encoding: Encoding, n_classes: int, seed: int) -> Boosted:
    """The bank's base rate and its categories' evidence, all as trees, then boosting as local-only does it."""
    outcomes = np.bincount(parts.train.outcome, minlength=n_classes)
    base = constant(learner, np.array(base_margin(outcomes)), parts.train.X.shape[1])
    first = [base, *category_evidence(learner, parts.train, encoding)]
    blob = learner.combine(first, [1.0] * len(first))
    start = learner.margins(blob, parts.train.X), learner.margins(blob, parts.validation.X)
    trees = boosted(learner, parts, start, pace(parts), seed)
    return Boosted([blob, *trees.steps], trees.validation)


def own_model(family: str, records: BankRecords, spec: FeatureSpec, seed: int) -> Model:
    """`own_trees` by themselves, in the bank's own encoding: what it has of that without any other bank."""
    encoding = Encoding.fit(spec.features, outcome_counts(records.train, spec))
    parts = Parts(encode(records.train, encoding), encode(records.validation, encoding))
    learner = tree_learner(family, params_of(family), spec)
    return finished(
        learner,
        own_trees(learner, parts, encoding, len(spec.classes), seed).steps,
        parts,
        encoding,
        spec.classes,
    )


def finished(
    learner: TreeLearner, steps: list[bytes], parts: Parts, encoding: Encoding, classes: tuple[str, ...]
) -> Model:
    """The native model of all `steps`, the constant among them."""
    blob = learner.combine(steps, [1.0] * len(steps))
    cover = leaf_cover(learner, blob, parts.train.X)
    return learner.finish(blob, [0.0] * learner.n_margins, cover, encoding, classes)
