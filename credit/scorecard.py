"""Fitting a scorecard from banks' sums alone, and printing it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import polars as pl

from credit.binning import FeatureCounts, summed
from credit.contract import Contract
from credit.encoding import MISSING, Encoding, OutcomeCounts
from credit.features import FeatureSpec, defaults, outcomes
from credit.models.scorecard import ScorecardModel
from credit.points import PointsScale
from credit.woe import Bins, woe_bins

STEPS = 30


class TrainSums(Protocol):
    """What a scorecard is fitted from: sums over all banks' training records.

    `ridge` holds the weights back, `rest` is the step below which they rest: both lie above the sums' noise.
    """

    ridge: float
    rest: float

    def outcomes(self) -> OutcomeCounts:
        """Records by category level and outcome."""
        ...

    def bins(self) -> FeatureCounts:
        """Records by fine bin and outcome."""
        ...

    def newton(self, model: ScorecardModel, weights: np.ndarray) -> np.ndarray:
        """`newton_sums` of the evidence of `model` at `weights`."""
        ...


class FrameSums:
    """The sums of records that are here, a frame a bank."""

    ridge, rest = 1.0, 1e-7

    def __init__(self, parts: Sequence[pl.DataFrame], spec: FeatureSpec):
        self.parts, self.spec = parts, spec
        self._read: ScorecardModel | None = None
        self._banks: list[tuple[np.ndarray, np.ndarray]] = []

    def outcomes(self) -> OutcomeCounts:
        levels, classes = self.spec.levels, len(self.spec.classes)
        counts = [OutcomeCounts.count(p, outcomes(p), levels, classes) for p in self.parts]
        return counts[0].with_vector(np.sum([c.to_vector() for c in counts], axis=0))

    def bins(self) -> FeatureCounts:
        return summed(FeatureCounts.count(p, self.spec) for p in self.parts)

    def newton(self, model: ScorecardModel, weights: np.ndarray) -> np.ndarray:
        if model is not self._read:
            self._read = model
            self._banks = [
                (model.evidence(model.encoding.matrix(p)), defaults(p, self.spec))
                for p in self.parts
                if p.height
            ]
        return np.sum([newton_sums(W, y, weights) for W, y in self._banks], axis=0)


def train_scorecard(sums: TrainSums, spec: FeatureSpec) -> ScorecardModel:
    """The scorecard of banks' training records; what banks add up are counts and Newton sums.

    Two rounds of counts (for encoding and bins), then a Newton round at a time until the weights rest.
    Of three or more classes the last is told from the rest. A feature whose weight would be negative is left
    out: it would turn its own bins round.
    """
    encoding = Encoding.fit(spec.features, sums.outcomes())
    bins = woe_bins(sums.bins(), encoding, spec)
    worst = spec.classes[-1]
    classes = spec.classes if len(spec.classes) == 2 else (f"not {worst}", worst)
    model = ScorecardModel(encoding, classes, list(bins.values()), np.zeros(len(bins) + 1))
    used, weights = np.ones(len(bins), bool), model.weights
    while True:
        weights = _newton(sums, model, used, weights)
        negative = used & (weights[:-1] < 0)
        if not negative.any():
            model.weights = weights
            return model
        used &= ~negative


def newton_sums(evidence: np.ndarray, default: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A bank's gradient and Hessian of the log loss at `weights`, shape (F + 2, F + 1); additive over banks."""
    X = np.column_stack([evidence, np.ones(len(evidence))])
    p = 1.0 / (1.0 + np.exp(-X @ weights))
    return np.vstack([X.T @ (p - default), X.T @ (X * (p * (1 - p))[:, None])])


def _newton(sums: TrainSums, model: ScorecardModel, used: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The weights of least loss of the `used` features, from where `start` left them."""
    free = np.append(used, True)
    weights = np.where(free, start, 0.0)
    for _ in range(STEPS):
        total = sums.newton(model, weights)
        ridge = sums.ridge * np.diag(np.append(np.ones(len(used)), 0.0))
        gradient, hessian = total[0] + ridge @ weights, total[1:] + ridge
        step = np.zeros(len(weights))
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        weights = weights - step
        if np.abs(step).max() < sums.rest:
            break
    return weights


def scorecard_table(model: ScorecardModel, scale: PointsScale, contract: Contract) -> pl.DataFrame:
    """The scorecard as people read it: columns feature, bin, records, default_rate, woe, points.

    Points of a bin are against the training records' average, which scores `reference_points`.
    """
    slope = scale.policy.points_to_double_odds / np.log(2) * scale.calibration.slope
    rows = []
    for i, (name, bins) in enumerate(zip(model.encoding.features, model.bins, strict=True)):
        labels = _labels(name, bins, model.encoding, contract)
        for label, counts, woe in zip(labels, bins.counts, bins.woe, strict=True):
            if model.weights[i] and counts.sum():
                points = -slope * model.weights[i] * (woe - bins.mean_woe)
                rows.append(
                    (
                        contract.fields[name].title,
                        label,
                        int(counts.sum()),
                        counts[1] / counts.sum(),
                        woe,
                        points,
                    )
                )
    head = ("feature", "bin", "records", "default_rate", "woe", "points")
    return pl.DataFrame(rows, schema=head, orient="row")


def points_lost(
    model: ScorecardModel, scale: PointsScale, X: np.ndarray, reference: str = "average"
) -> np.ndarray:
    """Points each feature loses, shape (n, F), by the classic method on a straight scale (platt or none).

    Against the average applicant's points, or against the best bin's (`reference="best"`), as adverse-action
    practice has it (Siddiqi 2006, ch. 8).
    """
    slope = scale.policy.points_to_double_odds / np.log(2) * scale.calibration.slope
    points = -slope * model.weights[:-1] * model.evidence(X)
    mean = np.array([b.mean_woe for b in model.bins])
    best = np.array([b.woe[b.counts.sum(axis=1) > 0].min(initial=np.inf) for b in model.bins])
    start = mean if reference == "average" else np.where(np.isfinite(best), best, 0.0)
    return -slope * model.weights[:-1] * start - points


def _labels(name: str, bins: Bins, encoding: Encoding, contract: Contract) -> list[str]:
    if name in encoding.levels:
        titles = {**(contract.fields[name].levels or {}), MISSING: "not known"}
        numbers = encoding.levels[name]
        place = {level: int(np.searchsorted(bins.cuts, v, "right")) for level, v in numbers.items()}
        groups = [[titles[lv] for lv, p in place.items() if p == i] for i in range(len(bins.woe))]
        return [", ".join(g) or "not known" for g in groups]
    edges = [f"{c:,.10g}" for c in bins.cuts]
    if not edges:
        return ["any", "not known"]
    between = [f"{low} to below {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *between, f"{edges[-1]} or more", "not known"]
