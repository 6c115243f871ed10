"""How the margin of a bank's own model becomes a decision, from the bank's own records and the shared scoring."""

from __future__ import annotations

from functools import partial

import numpy as np

from credit.calibration import (
    HALVES,
    WORTH_ITS_KNOTS,
    Calibration,
    ScoreHistogram,
    crossed_loss,
    isotonic,
    moved,
)
from credit.points import PointsScale
from credit.policy import CostPolicy
from credit.scoring import Scoring
from credit.threshold import bank_thresholds, decision_sums

# With fewer records an isotonic map follows their noise: crossed, it loses to the shared map moved.
ENOUGH = 900


def own_scoring(shared: Scoring, margin: np.ndarray, default: np.ndarray, policy: CostPolicy) -> Scoring:
    """The scoring of a bank's own model, of risk margins and outcomes (1: default) of its records, both (n,).

    The scale of points stays the consortium's, and so does the threshold, unless `policy` wants one by bank and
    there are defaults enough: of true probabilities the same threshold costs least at every bank.
    """
    calibration = own_calibration(shared.scale.calibration, ScoreHistogram.count(margin, default))
    decided = {"own": decision_sums(calibration.probability(margin), default)}
    threshold = bank_thresholds(decided, policy).get("own", shared.threshold)
    return Scoring(PointsScale(shared.scale.policy, calibration), threshold)


def own_calibration(shared: Calibration, histogram: ScoreHistogram) -> Calibration:
    """`shared` moved to a bank's own margins; an isotonic map where ENOUGH records say that it is clearly better."""
    every = histogram.half(*range(HALVES))
    move = partial(moved, shared)
    if every[1].sum() < ENOUGH:
        return move(*every)
    losses = [crossed_loss(fit, histogram) for fit in (move, isotonic)]
    return (isotonic if losses[1] < losses[0] * (1.0 - WORTH_ITS_KNOTS) else move)(*every)
