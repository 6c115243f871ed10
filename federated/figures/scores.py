"""How a model scores, and what is decided on it."""

from __future__ import annotations

import numpy as np

from credit.calibration import HALVES, HIGHEST, LOWEST, RATE_BINS, ScoreHistogram
from credit.class_scores import ClassScores
from credit.decision_sums import DecisionSums
from credit.features import FeatureSpec
from credit.metrics import MOST_LOSS
from credit.models import class_probabilities
from credit.score_histogram import BINS
from credit.scoring import Scoring
from credit.stability import POINT_BINS
from credit.threshold import GRID
from federated.figures.figure import Figure
from federated.figures.own import OwnPart
from federated.figures.question import Question
from federated.figures.span import Span


def _scores(own: OwnPart, question: Question) -> np.ndarray:
    outcome = own.default if own.model.n_margins == 1 else own.outcome
    return ClassScores.of(outcome, class_probabilities(own.margins)).to_vector()


def _scores_span(question: Question, spec: FeatureSpec) -> Span:
    classes = len(question.needed_model.classes)
    if classes == 2:
        return Span.counts(2 * BINS)
    return Span.counts(2 * classes * BINS + classes**2, hits=classes + 1)


def _margins(own: OwnPart, question: Question) -> np.ndarray:
    return ScoreHistogram.count(own.risk, own.default).sums.ravel()


def _margins_span(question: Question, spec: FeatureSpec) -> Span:
    zero, one = np.zeros(len(LOWEST)), np.ones(len(LOWEST))
    low = np.column_stack([zero, zero, np.minimum(LOWEST, 0.0)]).ravel()
    high = np.column_stack([one, one, np.maximum(HIGHEST, 0.0)]).ravel()
    return Span(np.tile(low, HALVES), np.tile(high, HALVES), hits=3)


def _decisions(own: OwnPart, question: Question) -> np.ndarray:
    return DecisionSums.of(own.risk, own.default, Scoring.from_dict(question.terms["scoring"])).to_vector()


def _decisions_span(question: Question, spec: FeatureSpec) -> Span:
    losses = Span(np.zeros(3), np.array([MOST_LOSS, MOST_LOSS, 1.0]), hits=3)
    rates = Span.counts(3 * RATE_BINS, hits=3)
    return Span.join(Span.counts(2 * (len(GRID) - 1)), rates, rates, Span.counts(2 * POINT_BINS), losses)


SCORES = Figure("scores", "records by score and outcome", _scores, _scores_span)
MARGINS = Figure(
    "margins", "records, defaults and sum of margins by bin of the margin", _margins, _margins_span
)
DECISIONS = Figure(
    "decisions",
    "records, defaults and sum of probabilities by bin of probability and points; sums of losses",
    _decisions,
    _decisions_span,
)
