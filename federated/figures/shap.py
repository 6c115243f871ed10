"""What drives the scores."""

from __future__ import annotations

import numpy as np

from credit.explanation import sample_records
from credit.features import FeatureSpec
from credit.reasons import toward_worst
from credit.shap_summary import BINS, MOST_SHAP, ShapSums
from federated.figures.figure import Figure
from federated.figures.own import OwnPart
from federated.figures.question import Question
from federated.figures.span import Span

# Fixed at the bank: who could ask for a sample of one would learn a record.
SAMPLE = 400


def _shap(own: OwnPart, question: Question) -> np.ndarray:
    sample = sample_records(own.frame, SAMPLE, int(question.terms["seed"]))
    X, features = own.model.encoding.matrix(sample), own.model.encoding.features
    if not len(X):
        return ShapSums.of(features, X, np.zeros(X.shape)).to_vector()
    values = np.stack([toward_worst(c) for c in own.model.contributions(X)])
    return ShapSums.of(features, X, values).to_vector()


def _shap_span(question: Question, spec: FeatureSpec) -> Span:
    features = len(question.needed_model.encoding.features)
    absolute = Span(np.zeros(features), np.full(features, MOST_SHAP), hits=features)
    bins = np.tile([1.0, MOST_SHAP], features * BINS)
    by_value = Span(-bins * np.tile([0.0, 1.0], features * BINS), bins, hits=2 * features)
    return Span.join(Span.counts(1), absolute, by_value)


SHAP = Figure(
    "shap",
    f"sums of |SHAP| by feature and of SHAP by value, over {SAMPLE} records at most",
    _shap,
    _shap_span,
)
