"""A model's figures over all banks' records, from score histograms that add up."""

from __future__ import annotations

from flwr.serverapp import Grid

from credit.errors import FederationError
from credit.features import PARTS, FeatureSpec
from credit.models import Model
from credit.score_histogram import BINS, ScoreHistogram
from federated import messages
from federated.exchange import Exchange
from federated.model_message import model_files
from federated.preparation import summed
from federated.privacy.masking import MaskingTerms
from federated.roster import Roster


def federated_scores(
    model: Model,
    grid: Grid,
    spec: FeatureSpec,
    part: str,
    *,
    quorum: float = 1.0,
    wait: float = 600.0,
    masking: MaskingTerms | None = None,
) -> ScoreHistogram:
    """The scores of all banks' records of `part` by outcome; with three or more classes, the worst is default.

    Raises FederationError for an unknown part, and below the quorum.
    """
    if part not in PARTS:
        raise FederationError(f"unknown part {part!r}; known are {', '.join(PARTS)}")
    roster = Roster(Exchange(grid, wait, masking), spec.contract, quorum)
    roster.gather()
    counts = summed(roster, "scores", messages.pack(model_files(model), part=part))
    return ScoreHistogram(counts.reshape(BINS, 2))
