"""How well a model does before the outcomes are known: confidence-based performance estimation (CBPE).

What nannyml 0.13 calls CBPE (it pins lightgbm below 4.6 and plotly below 6, so it cannot stand beside this
project): a calibrated PD says how likely either outcome is, so every figure of the confusion counts has an
expected value. It sees a change of the applicants, not a change of what applicants like them do.
"""

from __future__ import annotations

import numpy as np


def expected_auc(probability: np.ndarray) -> float:
    """AUC to expect of calibrated PDs, shape (n,): each record counts as a default by its PD. NaN without records."""
    order = np.argsort(-probability, kind="stable")
    p = probability[order]
    last = np.append(np.flatnonzero(np.diff(p)), len(p) - 1) if len(p) else np.zeros(0, int)
    true, false = np.cumsum(p)[last], np.cumsum(1 - p)[last]
    if not len(p) or not true[-1] or not false[-1]:
        return float("nan")
    return float(np.trapezoid(np.append(0, true), np.append(0, false)) / (true[-1] * false[-1]))


def expected_brier(probability: np.ndarray) -> float:
    """Brier score to expect of calibrated PDs."""
    return float((probability * (1 - probability)).mean()) if len(probability) else float("nan")
