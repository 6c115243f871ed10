"""Banks that the others' step makes worse: their outcomes are flipped.

For each bank the others' sums give a Newton step in every leaf or bin; the bank's own sums say what that step
does to its own loss, beside its own default rate. Banks differ in taste, yet what ranks the others' applicants
ranks theirs a little; where outcomes are flipped it does the opposite, far beyond chance. Only a bank's first
sums can say so: later the shared model has learned from its records too, and what is left of an honest bank's
gradients is just what balances the others'. Where weights are averaged, the step is that of all weights before
the first round. It looks at each bank's sums, so masked sums rule it out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

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
        found = [b for b in sums if self.harm[b] > BEYOND_CHANCE * np.sqrt(self.variance[b])]
        return found if 2 * len(found) < len(sums) else []

    def judges(self, banks: Collection[str]) -> bool:
        """Whether one of these banks is still to be judged."""
        return len(banks) >= FEWEST_BANKS and any(self.checks[bank] < CHECKS for bank in banks)

    def state(self) -> dict[str, list[float]]:
        """Harm, its variance and how many checks so far, by bank, for a checkpoint."""
        return {bank: [self.harm[bank], self.variance[bank], self.checks[bank]] for bank in self.harm}

    def restore(self, state: dict[str, list[float]]) -> None:
        """Go on from what `state` gave."""
        for bank, (harm, variance, checks) in state.items():
            self.harm[bank], self.variance[bank], self.checks[bank] = harm, variance, int(checks)


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


def distrusted_at_start(sums: dict[str, np.ndarray]) -> list[str]:
    """The banks that the others' first Newton step of the weights harms beyond chance.

    `sums` has by name the gradient and Hessian at the common intercept, shape (F + 2, F + 1), that last. At
    least three banks must stay, or nobody is judged.
    """
    if len(sums) < FEWEST_BANKS:
        return []
    total = np.sum([*sums.values()], axis=0)
    found = []
    for bank, own in sums.items():
        gradient, hessian = _profiled(total - own)
        step = -np.linalg.solve(hessian + np.eye(len(gradient)), gradient)
        gradient, hessian = _profiled(own)
        if gradient @ step > BEYOND_CHANCE * np.sqrt(max(step @ hessian @ step, 0.0)):
            found.append(bank)
    return found if 2 * len(found) < len(sums) else []


def _profiled(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian of the weights after a step of the intercept, which the bank's own default rate decides."""
    (*gradient, intercept), hessian = sums[0], sums[1:]
    across, curvature = hessian[:-1, -1], max(hessian[-1, -1], 1e-12)
    left = np.array(gradient) - across * intercept / curvature
    return left, hessian[:-1, :-1] - np.outer(across, across) / curvature
