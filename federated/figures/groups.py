"""How groups of applicants fare."""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.fairness import group_counts
from credit.features import FeatureSpec
from credit.scoring import Scoring
from federated.figures.figure import Figure
from federated.figures.own import OwnPart
from federated.figures.question import Question
from federated.figures.span import Span


def _groups(own: OwnPart, question: Question) -> np.ndarray:
    """For each column of the question's `groups`, a column's name -> names of its groups."""
    scoring = Scoring.from_dict(question.terms["scoring"])
    pd, threshold = scoring.probability(own.margins), scoring.threshold_of(own.bank)
    nothing = pl.Series([None] * own.frame.height, dtype=pl.String)
    counted = [
        group_counts(
            own.frame[column] if column in own.frame.columns else nothing, names, own.default, pd, threshold
        ).ravel()
        for column, names in question.terms["groups"].items()
    ]
    return np.concatenate(counted)


def _groups_span(question: Question, spec: FeatureSpec) -> Span:
    books = question.terms["groups"].values()
    return Span.counts(sum(8 * (len(names) + 1) for names in books), hits=2 * len(books))


GROUPS = Figure(
    "groups",
    "records and sum of probabilities by sensitive group, outcome and decision",
    _groups,
    _groups_span,
)
