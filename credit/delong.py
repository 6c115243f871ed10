"""How uncertain the difference of two AUCs on the same records is, without resampling."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def auc_change(outcome: np.ndarray, score: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """AUC of `score` less AUC of `other`, and its standard error (DeLong, DeLong & Clarke-Pearson 1988).

    Placements come from midranks (Sun & Xu 2014). NaN where an outcome class has less than two records.
    """
    is_default = outcome == 1
    if min(is_default.sum(), (~is_default).sum()) < 2:
        return float("nan"), float("nan")
    ours, theirs = _placements(is_default, score), _placements(is_default, other)
    defaults, paid = (a - b for a, b in zip(ours, theirs, strict=True))
    variance = defaults.var(ddof=1) / len(defaults) + paid.var(ddof=1) / len(paid)
    return float(defaults.mean()), float(np.sqrt(variance))


def _placements(is_default: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The share of paid loans that each default is above, and of defaults that each paid loan is below."""
    defaults, paid = score[is_default], score[~is_default]
    ranks = rankdata(np.concatenate([defaults, paid]))
    above = (ranks[: len(defaults)] - rankdata(defaults)) / len(paid)
    below = 1.0 - (ranks[len(defaults) :] - rankdata(paid)) / len(defaults)
    return above, below
