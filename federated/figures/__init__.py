"""The additive figures that a bank answers in messages of kind `tally`, by name."""

from __future__ import annotations

from credit.errors import FederationError
from federated.figures.evidence import BINS, NEWTON
from federated.figures.figure import Figure
from federated.figures.groups import GROUPS
from federated.figures.question import Question
from federated.figures.scores import DECISIONS, MARGINS, SCORES
from federated.figures.shap import SHAP
from federated.figures.span import Span

FIGURES = {f.name: f for f in (SCORES, MARGINS, DECISIONS, GROUPS, BINS, NEWTON, SHAP)}


def figure_named(name: str) -> Figure:
    """The figure `name`. Raises FederationError where there is none."""
    if name not in FIGURES:
        raise FederationError(f"unknown figure {name!r}; known are {', '.join(FIGURES)}")
    return FIGURES[name]


__all__ = ["FIGURES", "Figure", "Question", "Span", "figure_named"]
