"""Banks that the others' step makes worse: their outcomes are flipped.

For each bank the others' sums give a Newton step in every leaf or bin; the bank's own sums say what that step
does to its own loss, beside its own default rate. Banks differ in taste, yet what ranks the others' applicants
ranks theirs a little; where outcomes are flipped it does the opposite, far beyond chance. Only a bank's first
sums can say so: later the shared model has learned from its records too, and what is left of an honest bank's
gradients is just what balances the others'. Where weights are averaged, the same is seen from how the shared
model ranks a bank's own defaults. It looks at each bank's sums, so masked sums rule it out.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from numba import njit

from federated.leaves import G, H

# So many standard deviations of the harm: a bank of random outcomes reaches them once in a million checks.
BEYOND_CHANCE = 5.0
FEWEST_BANKS = 4
# So many sums of a bank are looked at: the model has taken less than two Newton steps by then.
CHECKS = 3
POISONED = (
    "what the other banks learn makes its loss worse, far beyond chance: its outcomes may be coded the other "
    "way round"
)


class Trust:
    """What the others' steps did to each bank when it first gave sums, added up."""

    def __init__(self, l2: float):
        self.l2 = l2
        self.harm: defaultdict[str, float] = defaultdict(float)
        self.variance: defaultdict[str, float] = defaultdict(float)
        self.checks: Counter[str] = Counter()

    def distrusted(self, sums: dict[str, np.ndarray], groups: int = 1) -> list[str]:
        """The banks that are harmed beyond chance, given `sums` of each by name, shape (cells, 3).

        Every record is in `groups` of the cells. A bank is judged by its first CHECKS sums. At least
        three banks must stay, or nobody is judged.
        """
        if len(sums) < FEWEST_BANKS:
            return []
        total = np.sum([*sums.values()], axis=0)
        for bank in [bank for bank in sums if self.checks[bank] < CHECKS]:
            harm, variance = step_harm(sums[bank], total - sums[bank], self.l2)
            self.harm[bank] += harm / groups
            self.variance[bank] += variance / groups
            self.checks[bank] += 1
        return self._beyond_chance([*sums])

    def reversed(self, scores: dict[str, np.ndarray]) -> list[str]:
        """The banks whose defaults the shared model ranks below their paid loans, beyond chance.

        `scores` has the paid loans and defaults of every bank by bin of the rising score, shape (bins, 2).
        Nobody is judged where at least three banks would not stay.
        """
        for bank, counts in scores.items():
            self.harm[bank], self.variance[bank] = rank_deviation(*counts.T), 1.0
        return self._beyond_chance([*scores]) if len(scores) >= FEWEST_BANKS else []

    def _beyond_chance(self, banks: list[str]) -> list[str]:
        found = [b for b in banks if self.harm[b] > BEYOND_CHANCE * np.sqrt(self.variance[b])]
        return found if 2 * len(found) < len(banks) else []

    def state(self) -> dict[str, list[float]]:
        """Harm, its variance and how many checks so far, by bank, for a checkpoint."""
        return {bank: [self.harm[bank], self.variance[bank], self.checks[bank]] for bank in self.harm}

    def restore(self, state: dict[str, list[float]]) -> None:
        """Go on from what `state` gave."""
        for bank, (harm, variance, checks) in state.items():
            self.harm[bank], self.variance[bank], self.checks[bank] = harm, variance, int(checks)


def rank_deviation(paid: np.ndarray, defaults: np.ndarray) -> float:
    """By how many standard deviations defaults rank below paid loans, by bin of a rising score, each of shape (b,).

    The deviation is that of ranks without meaning (Mann & Whitney 1947). 0 where a class is absent.
    """
    pairs = paid.sum() * defaults.sum()
    above = float(defaults @ (np.cumsum(paid) - paid / 2.0))
    chance = np.sqrt(pairs * (paid.sum() + defaults.sum() + 1.0) / 12.0)
    return float((pairs / 2.0 - above) / chance) if pairs > 0 else 0.0


@njit(cache=True, nogil=True)
def step_harm(own: np.ndarray, others: np.ndarray, l2: float) -> tuple[float, float]:
    """What the others' step adds to the bank's summed log loss to second order, and its variance by chance."""
    own_shift, others_shift = _shift(own), _shift(others)
    harm, variance = 0.0, 0.0
    for cell in range(len(own)):
        g, h, count = others[cell]
        if count > 0:
            step = -(g - others_shift * h) / (max(h, 0.0) + l2 + 1e-12)
            harm += (own[cell, G] - own_shift * own[cell, H]) * step
            variance += own[cell, H] * step**2
    return harm, variance


@njit(cache=True, nogil=True)
def _shift(sums):
    """The step of the intercept, which the bank's own default rate decides."""
    return sums[:, G].sum() / max(sums[:, H].sum(), 1e-12)
