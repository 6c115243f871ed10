"""A scorecard fitted by messages: what banks send is counts and Newton sums."""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.binning import FeatureCounts
from credit.encoding import OutcomeCounts
from credit.features import OUTCOME, FeatureSpec
from credit.models.scorecard import ScorecardModel
from credit.scorecard import FrameSums
from federated.figures import FIGURES, Question
from federated.preparation import summed_counts
from federated.tally import Tally

# A Hessian stays positive under so many standard deviations of its noise; each bank adds a share of it.
NOISES = 20.0


class BankSums:
    """The sums of `credit.scorecard.TrainSums` over the banks of a tally."""

    def __init__(self, tally: Tally):
        self.tally = tally
        self.ridge, self.rest = FrameSums.ridge, FrameSums.rest

    def outcomes(self) -> OutcomeCounts:
        return summed_counts(self.tally.roster, self.tally.spec)

    def bins(self) -> FeatureCounts:
        return feature_counts(self.tally("bins", "train").total, self.tally.spec)

    def newton(self, model: ScorecardModel, weights: np.ndarray) -> np.ndarray:
        noise = self.tally.masking.noise if self.tally.masking else None
        if noise:
            span = FIGURES["newton"].span(Question("newton", "train", model), self.tally.spec)
            self.ridge, self.rest = NOISES * noise.multiplier * span.sensitivity.max(), 0.1
        found = self.tally("newton", "train", model, weights=weights.tolist())
        return found.total.reshape(len(weights) + 1, len(weights))


def feature_counts(vector: np.ndarray, spec: FeatureSpec) -> FeatureCounts:
    """What a (summed) vector of the figure `bins` holds."""
    none = pl.DataFrame({f: [] for f in spec.features} | {OUTCOME: []}, schema_overrides={OUTCOME: pl.Int64})
    return FeatureCounts.count(none, spec).with_vector(vector)
