"""One additive figure that banks can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from credit.features import FeatureSpec
from federated.figures.own import OwnPart
from federated.figures.question import Question
from federated.figures.span import Span


@dataclass(frozen=True)
class Figure:
    """`adds` says in words what is added up; `of` gives a bank's vector, `span` what a record can add to it.

    Vectors of several banks add up to that of their pooled records.
    """

    name: str
    adds: str
    of: Callable[[OwnPart, Question], np.ndarray]
    span: Callable[[Question, FeatureSpec], Span]
