"""Fitting a scorecard from banks' sums alone, and printing it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from credit.binning import FeatureCounts, summed
from credit.contract import Contract
from credit.encoding import MISSING, Encoding, OutcomeCounts
from credit.features import OUTCOME, FeatureSpec
from credit.models.scorecard import ScorecardModel
from credit.points import PointsScale
from credit.woe import Bins, woe_bins

STEPS = 30
RIDGE = 1.0


def train_scorecard(parts: Sequence[pl.DataFrame], spec: FeatureSpec) -> ScorecardModel:
    """The scorecard of banks' training records, a frame a bank; what banks add up are counts and Newton sums.

    Two rounds of counts (for encoding and bins), then a Newton round at a time until the weights rest.
    Of three or more classes the last is told from the rest. A feature whose weight would be negative is left
    out: it would turn its own bins round.
    """
    encoding = Encoding.fit(spec.features, _outcome_counts(parts, spec))
    bins = woe_bins(summed(FeatureCounts.count(p, spec) for p in parts), encoding, spec)
    worst = spec.classes[-1]
    classes = spec.classes if len(spec.classes) == 2 else (f"not {worst}", worst)
    model = ScorecardModel(encoding, classes, list(bins.values()), np.zeros(len(bins) + 1))
    banks = [(model.evidence(encoding.matrix(p)), _default(p, spec)) for p in parts if p.height]
    used = np.ones(len(bins), bool)
    while True:
        model.weights = _newton(banks, used)
        negative = used & (model.weights[:-1] < 0)
        if not negative.any():
            return model
        used &= ~negative


def newton_sums(evidence: np.ndarray, default: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A bank's gradient and Hessian of the log loss at `weights`, shape (F + 2, F + 1); additive over banks."""
    X = np.column_stack([evidence, np.ones(len(evidence))])
    p = 1.0 / (1.0 + np.exp(-X @ weights))
    return np.vstack([X.T @ (p - default), X.T @ (X * (p * (1 - p))[:, None])])


def _newton(banks: Sequence[tuple[np.ndarray, np.ndarray]], used: np.ndarray) -> np.ndarray:
    weights = np.zeros(len(used) + 1)
    free = np.append(used, True)
    for _ in range(STEPS):
        total = np.sum([newton_sums(W, y, weights) for W, y in banks], axis=0)
        ridge = RIDGE * np.diag(np.append(np.ones(len(used)), 0.0))
        gradient, hessian = total[0] + ridge @ weights, total[1:] + ridge
        step = np.zeros(len(weights))
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        weights = weights - step
        if np.abs(step).max() < 1e-9:
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


def _outcome_counts(parts: Sequence[pl.DataFrame], spec: FeatureSpec) -> OutcomeCounts:
    classes = len(spec.classes)
    counts = [OutcomeCounts.count(p, p[OUTCOME].to_numpy(), spec.levels, classes) for p in parts]
    return counts[0].with_vector(np.sum([c.to_vector() for c in counts], axis=0))


def _default(part: pl.DataFrame, spec: FeatureSpec) -> np.ndarray:
    return (part[OUTCOME] == len(spec.classes) - 1).to_numpy().astype(float)
