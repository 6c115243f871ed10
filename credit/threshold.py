"""Approval thresholds from what wrong decisions cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from credit.policy import CostPolicy

GRID = np.linspace(0.0, 1.0, 1001)


@dataclass(frozen=True)
class CostCurve:
    """What refusing from each threshold of GRID on would have cost, in the policy's unit per applicant."""

    cost: np.ndarray
    approval: np.ndarray
    """share of applicants accepted"""

    @property
    def threshold(self) -> float:
        """The cheapest threshold; among equals the middle one. Inside (0, 1)."""
        cheapest = np.flatnonzero(self.cost <= self.cost.min() + 1e-12)
        return float(np.clip(GRID[cheapest[len(cheapest) // 2]], GRID[1], GRID[-2]))


def decision_sums(probability: np.ndarray, default: np.ndarray) -> np.ndarray:
    """Good loans and defaults by bin of the PD between thresholds of GRID, shape (2, 1000); additive over banks."""
    place = np.minimum(np.searchsorted(GRID, probability, "right") - 1, len(GRID) - 2)
    return np.stack([np.bincount(place, weight, len(GRID) - 1) for weight in (1 - default, default)])


def cost_curve(sums: np.ndarray, policy: CostPolicy) -> CostCurve:
    """The curve of (summed) `decision_sums`. Raises ValueError where there is no record."""
    total = sums.sum()
    if not total:
        raise ValueError("a cost curve needs at least one record")
    below = np.concatenate([np.zeros((2, 1)), np.cumsum(sums, axis=1)], axis=1)
    good_refused = below[0, -1] - below[0]
    cost = (policy.missed_default * below[1] + policy.refused_good * good_refused) / total
    return CostCurve(cost, below.sum(axis=0) / total)


def break_even(policy: CostPolicy) -> float:
    """The threshold of perfectly calibrated PDs: accept while it pays on average (Elkan 2001)."""
    return policy.refused_good / (policy.refused_good + policy.missed_default)


def bank_thresholds(sums: Mapping[str, np.ndarray], policy: CostPolicy) -> dict[str, float]:
    """Thresholds of the banks that have enough defaults for one of their own; none unless the policy wants them."""
    if not policy.by_bank:
        return {}
    enough = {bank: s for bank, s in sums.items() if s[1].sum() >= policy.fewest_defaults}
    return {bank: cost_curve(s, policy).threshold for bank, s in enough.items()}
