"""Calibrated probabilities of default: fitted from summed score histograms, applied with numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

HALVES = 2
EDGES = np.linspace(-10.0, 10.0, 801)
# What lies further out counts as this far: odds of 160,000 to one.
MOST_MARGIN = 12.0
LOWEST, HIGHEST = np.append(-MOST_MARGIN, EDGES), np.append(EDGES, MOST_MARGIN)
COUNT, DEFAULTS, MARGINS = 0, 1, 2
FEWEST = 50.0
RATE_BINS = 20
# Isotonic's log loss must be lower by this share: else the two numbers of Platt's map do.
WORTH_ITS_KNOTS = 0.001
# A falling map would turn the ranking round: a model that ranks nothing has no slope.
FLATTEST = 1e-6


def risk_margin(margins: np.ndarray) -> np.ndarray:
    """One margin a record, shape (n,), of a model's margins, shape (n, K): the higher, the riskier.

    With three or more classes the worst class's against the mean of all, as `reasons.toward_worst` has it.
    """
    return margins[:, 0] if margins.shape[1] == 1 else margins[:, -1] - margins.mean(axis=1)


@dataclass(frozen=True)
class ScoreHistogram:
    """Records, defaults and sum of margins by bin of the margin and by half, shape (2, bins, 3).

    Histograms of several banks add up to that of their pooled records. A bank halves its records in
    turn, so that a method fitted on one half can be judged on the other.
    """

    sums: np.ndarray

    @classmethod
    def count(cls, margin: np.ndarray, default: np.ndarray) -> ScoreHistogram:
        """Of margins and outcomes (1: default), both of shape (n,)."""
        margin = np.clip(margin, -MOST_MARGIN, MOST_MARGIN)
        place = np.searchsorted(EDGES, margin, "right")
        flat = (np.arange(len(margin)) % HALVES) * (len(EDGES) + 1) + place
        size = HALVES * (len(EDGES) + 1)
        weights = (np.ones(len(margin)), default, margin)
        sums = [np.bincount(flat, w, size).reshape(HALVES, -1) for w in weights]
        return cls(np.stack(sums, axis=2))

    @classmethod
    def from_vector(cls, vector: np.ndarray) -> ScoreHistogram:
        """What the raveled (and summed) `sums` hold."""
        return cls(vector.reshape(HALVES, len(EDGES) + 1, 3))

    def __add__(self, other: ScoreHistogram) -> ScoreHistogram:
        return ScoreHistogram(self.sums + other.sums)

    def half(self, *numbers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean margin, records and defaults of the bins that hold any, over these halves."""
        sums = self.sums[list(numbers)].sum(axis=0)
        filled = np.flatnonzero(sums[:, COUNT])
        records, defaults, margins = sums[filled].T
        # Of noisy sums a mean may lie beside its bin.
        return np.clip(margins / records, LOWEST[filled], HIGHEST[filled]), records, defaults


@dataclass(frozen=True)
class Calibration:
    """A rising map from margin to calibrated log odds of default.

    Linear between knots `x` -> `y`, and beyond them with `slope`. Platt's map is one knot with its slope.
    """

    method: Literal["none", "platt", "isotonic"]
    x: tuple[float, ...]
    y: tuple[float, ...]
    slope: float

    def log_odds(self, margin: np.ndarray) -> np.ndarray:
        """Calibrated log odds of default, shape as `margin`."""
        x, y = np.array(self.x), np.array(self.y)
        below, above = np.minimum(margin - x[0], 0.0), np.maximum(margin - x[-1], 0.0)
        return np.interp(margin, x, y) + self.slope * (below + above)

    def probability(self, margin: np.ndarray) -> np.ndarray:
        """Calibrated probability of default, shape as `margin`."""
        return 1.0 / (1.0 + np.exp(-self.log_odds(margin)))

    def to_dict(self) -> dict[str, Any]:
        return {"method": self.method, "x": list(self.x), "y": list(self.y), "slope": self.slope}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Calibration:
        """What `to_dict` gave. Raises KeyError, TypeError or ValueError where it is no rising map."""
        made = cls(data["method"], tuple(data["x"]), tuple(data["y"]), float(data["slope"]))
        x, y = np.array(made.x, float), np.array(made.y, float)
        rising = len(x) == len(y) > 0 and (np.diff(x) > 0).all() and (np.diff(y) >= 0).all()
        if not rising or not made.slope > 0 or not np.isfinite([*x, *y, made.slope]).all():
            raise ValueError("the calibration is no rising map")
        return made


UNCALIBRATED = Calibration("none", (0.0,), (0.0,), 1.0)


def fit_calibration(
    histogram: ScoreHistogram, methods: tuple[str, ...] = ("platt", "isotonic")
) -> tuple[Calibration, dict[str, float]]:
    """The method of clearly lower log loss over both halves, each judged on the half it was not fitted on.

    Returns the calibration fitted on all, and the mean log loss of each method. Without both outcomes
    in each half nothing can be judged, and margins stay as they are.
    """
    if any(not 0 < histogram.half(h)[2].sum() < histogram.half(h)[1].sum() for h in range(HALVES)):
        return UNCALIBRATED, {}
    losses = {name: crossed_loss(METHODS[name], histogram) for name in methods}
    handicap = {"platt": 1.0 - WORTH_ITS_KNOTS, "isotonic": 1.0}
    best = min(losses, key=lambda name: losses[name] * handicap[name])
    return METHODS[best](*histogram.half(*range(HALVES))), losses


def platt(margin: np.ndarray, records: np.ndarray, defaults: np.ndarray) -> Calibration:
    """Logistic regression of the outcome on the margin, with Platt's softened targets (Platt 1999)."""
    total, bad = records.sum(), defaults.sum()
    high, low = (bad + 1) / (bad + 2), 1 / (total - bad + 2)
    slope, intercept = _line(margin, records, defaults * high + (records - defaults) * low)
    return Calibration("platt", (0.0,), (intercept,), slope)


def moved(shared: Calibration, margin: np.ndarray, records: np.ndarray, defaults: np.ndarray) -> Calibration:
    """`shared`, its log odds moved and stretched to other records.

    Move and stretch are held back towards none as by normal priors of deviation 1: few records change `shared` little,
    none not at all.
    """
    stretch, move = _line(shared.log_odds(margin), records, defaults, towards=(1.0, 0.0), held=1.0)
    y = tuple(move + stretch * v for v in shared.y)
    return Calibration("platt" if len(y) == 1 else "isotonic", shared.x, y, stretch * shared.slope)


def isotonic(margin: np.ndarray, records: np.ndarray, defaults: np.ndarray) -> Calibration:
    """Pooled adjacent violators (Ayer 1955), joined by lines between block centres (Oron & Flournoy 2017).

    The lines keep the ranking within a block. Blocks below FEWEST records are merged; rates are kept off
    0 and 1 by half a record (Jeffreys).
    """
    order = np.argsort(margin, kind="stable")
    blocks = _violators_pooled(margin[order], records[order], defaults[order])
    centre = blocks[:, MARGINS] / blocks[:, COUNT]
    rate = (blocks[:, DEFAULTS] + 0.5) / (blocks[:, COUNT] + 1.0)
    y = np.maximum.accumulate(np.log(rate / (1.0 - rate)))
    rising = np.append(True, np.diff(y) > 1e-9)
    return Calibration("isotonic", tuple(centre[rising].tolist()), tuple(y[rising].tolist()), 1.0)


Fit = Callable[[np.ndarray, np.ndarray, np.ndarray], Calibration]
"""mean margin, records and defaults by bin -> calibration"""
METHODS: dict[str, Fit] = {"platt": platt, "isotonic": isotonic}


def calibration_error(probability: np.ndarray, default: np.ndarray, bins: int = RATE_BINS) -> float:
    """Expected calibration error: |mean PD - default rate| over `bins` equal bins, by records (Naeini 2015).

    From sums alone, so that banks' sums give the figure of pooled records. NaN without records.
    """
    return error_of_sums(rate_sums(probability, default, bins))


def rate_sums(probability: np.ndarray, default: np.ndarray, bins: int = RATE_BINS) -> np.ndarray:
    """Records, defaults and sum of PDs by equal bin of the PD, shape (bins, 3); additive over banks."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    weights = (np.ones(len(probability)), default, probability)
    return np.column_stack([np.bincount(place, w, bins) for w in weights])


def error_of_sums(sums: np.ndarray) -> float:
    """Expected calibration error of (summed) `rate_sums`."""
    total = sums[:, 0].sum()
    return float(np.abs(sums[:, 2] - sums[:, 1]).sum() / total) if total else float("nan")


def noise_of_sums(sums: np.ndarray, certainty: float = 0.99) -> float:
    """The calibration error that true probabilities stay below with `certainty`, with so many records.

    A bin's difference is nearly normal; its absolute value has mean s sqrt(2/pi) and variance s2 (1 - 2/pi).
    """
    known = sums[sums[:, 0] > 0]
    rate = known[:, 2] / known[:, 0]
    variance = known[:, 0] * np.maximum(rate * (1 - rate), 0.0)
    mean, spread = np.sqrt(variance * 2 / np.pi).sum(), np.sqrt(variance.sum() * (1 - 2 / np.pi))
    return float((mean + NormalDist().inv_cdf(certainty) * spread) / max(known[:, 0].sum(), 1))


def crossed_loss(fit: Fit, histogram: ScoreHistogram) -> float:
    """Mean log loss over both halves, each with the map fitted on the other."""
    loss = records = 0.0
    for half in range(HALVES):
        calibration = fit(*histogram.half(1 - half))
        margin, count, bad = histogram.half(half)
        z = calibration.log_odds(margin)
        loss += float((count * np.logaddexp(0.0, z) - bad * z).sum())
        records += count.sum()
    return float(loss / records)


def _line(
    x: np.ndarray,
    records: np.ndarray,
    defaults: np.ndarray,
    towards: tuple[float, float] = (0.0, 0.0),
    held: float = 1e-9,
) -> tuple[float, float]:
    """Slope, at least FLATTEST, and intercept of the logistic regression of defaults on x.

    They are held back by a penalty of `held` / 2 times their squared distance from `towards`.
    """
    X, centre = np.column_stack([x, np.ones(len(x))]), np.array(towards)
    line = np.array([0.0, np.log((defaults.sum() + 0.5) / ((records - defaults).sum() + 0.5))])
    for _ in range(100):
        p = 0.5 + 0.5 * np.tanh(0.5 * (X @ line))
        hessian = X.T @ (X * (records * p * (1 - p))[:, None]) + held * np.eye(2)
        step = np.linalg.solve(hessian, X.T @ (defaults - records * p) - held * (line - centre))
        line = line + step
        if np.abs(step).max() < 1e-10:
            break
    if line[0] < FLATTEST and x.any():
        return FLATTEST, _line(np.zeros_like(x), records, defaults, towards, held)[1]
    return float(line[0]), float(line[1])


def _violators_pooled(margin: np.ndarray, records: np.ndarray, defaults: np.ndarray) -> np.ndarray:
    """Blocks of rising default rate, rows (records, defaults, sum of margins)."""
    blocks: list[np.ndarray] = []
    for row in np.column_stack([records, defaults, margin * records]):
        blocks.append(row)
        while len(blocks) > 1 and _out_of_order(blocks[-2], blocks[-1]):
            last = blocks.pop()
            blocks[-1] = blocks[-1] + last
    if len(blocks) > 1 and blocks[-1][COUNT] < FEWEST:
        last = blocks.pop()
        blocks[-1] = blocks[-1] + last
    return np.array(blocks)


def _out_of_order(one: np.ndarray, two: np.ndarray) -> bool:
    too_few = one[COUNT] < FEWEST
    return too_few or one[DEFAULTS] * two[COUNT] >= two[DEFAULTS] * one[COUNT]
