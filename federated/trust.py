"""Banks that the others' step makes worse: their outcomes are flipped.

For each bank the others' sums give a Newton step in every leaf or bin; the bank's own sums say what that step
does to its own loss, beside its own default rate. Banks differ in taste, yet what ranks the others' applicants
ranks theirs a little; where outcomes are flipped it does the opposite, far beyond chance. Only the sums before the
first tree can say so: then every record has the same margin, so that a bank's own default rate can be taken out
exactly. Later an honest bank's gradients oppose the others', because the shared model has learned from both. Where
weights are averaged, the step is that of all weights before the first round. It looks at each bank's sums, so
masked sums rule it out.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from federated.leaves import G, H

# So many standard deviations of the harm: a bank of random outcomes reaches them once in thirty thousand checks.
BEYOND_CHANCE = 4.0
FEWEST_BANKS = 4
POISONED = (
    "what the other banks learn makes its loss worse, far beyond chance: its outcomes may be coded the other "
    "way round"
)


def distrusted(sums: dict[str, np.ndarray], l2: float, groups: int = 1) -> list[str]:
    """The bank that is most harmed, if beyond chance, given `sums` of each by name before the first tree.

    They are of shape (cells, 3); every record is in `groups` of the cells.
    """
    if len(sums) < FEWEST_BANKS:
        return []
    total, deviations = np.sum([*sums.values()], axis=0), {}
    for bank, own in sums.items():
        harm, variance = step_harm(own, total - own, l2)
        deviations[bank] = _deviation(harm / groups, variance / groups)
    return _worst(deviations)


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
    """The bank that the others' first Newton step of the weights harms most, if beyond chance.

    `sums` has by name the gradient and Hessian at the common intercept, shape (F + 2, F + 1), that last.
    """
    if len(sums) < FEWEST_BANKS:
        return []
    total, deviations = np.sum([*sums.values()], axis=0), {}
    for bank, own in sums.items():
        gradient, hessian = _profiled(total - own)
        step = -np.linalg.solve(hessian + np.eye(len(gradient)), gradient)
        gradient, hessian = _profiled(own)
        deviations[bank] = _deviation(float(gradient @ step), float(step @ hessian @ step))
    return _worst(deviations)


def _deviation(harm: float, variance: float) -> float:
    return float(harm / np.sqrt(variance)) if variance > 0 else 0.0


def _worst(deviations: dict[str, float]) -> list[str]:
    """The bank that deviates most, if beyond chance and not half of the banks do.

    One at a time: a poisoned bank makes the others' step harm honest ones too.
    """
    found = [bank for bank, deviation in deviations.items() if deviation > BEYOND_CHANCE]
    return [max(found, key=deviations.__getitem__)] if 0 < 2 * len(found) < len(deviations) else []


def _profiled(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian of the weights after a step of the intercept, which the bank's own default rate decides."""
    (*gradient, intercept), hessian = sums[0], sums[1:]
    across, curvature = hessian[:-1, -1], max(hessian[-1, -1], 1e-12)
    left = np.array(gradient) - across * intercept / curvature
    return left, hessian[:-1, :-1] - np.outer(across, across) / curvature
