"""Plots are drawn of few records too, without a warning."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from credit.plots import calibration_plot, roc_plot, uplift_plot
from credit.risk_plots import points_plot

SCORES = pl.DataFrame(
    {"family": "logistic", "strategy": "federated", "outcome": [0, 1, 0], "pd": [0.1, 0.4, 0.3]}
)
UPLIFT = pl.DataFrame({"bank": ["a"], "records": [3], "uplift": [0.1], "low": [0.0], "high": [0.2]})


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("outcome", [[0, 1, 0], [0, 0, 0]], ids=["fewer records than bins", "one class"])
@pytest.mark.parametrize("plot", [roc_plot, calibration_plot])
def test_few_records_are_drawn(plot, outcome):
    scores = SCORES.with_columns(outcome=pl.Series(outcome))
    assert plot(scores, "out-of-time test").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "plot",
    [
        lambda test: roc_plot(SCORES, test),
        lambda test: calibration_plot(SCORES, test),
        lambda test: uplift_plot(UPLIFT, "logistic", test),
        lambda test: points_plot(np.ones((8, 2)), 300, 850, test),
    ],
    ids=["roc", "calibration", "uplift", "points"],
)
def test_a_picture_bears_the_tests_name(plot):
    assert plot("out-of-time test") != plot("test on other customers")
    assert plot("out-of-time test") == plot("out-of-time test")
