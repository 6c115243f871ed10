"""What the scorecard, the stability of features and the first look at a bank are made of."""

from __future__ import annotations

import numpy as np

from credit.binning import CUTS, FeatureCounts
from credit.features import FeatureSpec
from credit.scorecard import newton_sums
from federated.figures.figure import Figure
from federated.figures.own import OwnPart
from federated.figures.question import Question
from federated.figures.span import Span


def _bins(own: OwnPart, question: Question) -> np.ndarray:
    return FeatureCounts.count(own.frame, own.spec).to_vector()


def _bins_span(question: Question, spec: FeatureSpec) -> Span:
    sizes = [len(spec.levels[f]) + 1 if f in spec.levels else len(CUTS) + 2 for f in spec.features]
    return Span.counts(2 * sum(sizes), hits=len(sizes))


def _newton(own: OwnPart, question: Question) -> np.ndarray:
    return newton_sums(own.evidence, own.default, np.array(question.terms["weights"])).ravel()


def _newton_span(question: Question, spec: FeatureSpec) -> Span:
    """|p - y| <= 1 and p (1 - p) <= 1/4, times the most evidence that a record has."""
    most = np.append(question.needed_model.most_evidence, 1.0)  # type: ignore[attr-defined]
    high = np.vstack([most, np.outer(most, most) / 4.0]).ravel()
    return Span(-high, high, hits=len(high))


BINS = Figure("bins", "records by fine bin of each feature and outcome", _bins, _bins_span)
NEWTON = Figure(
    "newton",
    "gradient and Hessian of a linear model's log loss (train)",
    _newton,
    _newton_span,
)
