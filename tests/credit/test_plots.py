"""Plots are drawn of few records too, without a warning."""

from __future__ import annotations

import polars as pl
import pytest

from credit.plots import calibration_plot, roc_plot


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("outcome", [[0, 1, 0], [0, 0, 0]], ids=["fewer records than bins", "one class"])
@pytest.mark.parametrize("plot", [roc_plot, calibration_plot])
def test_few_records_are_drawn(plot, outcome):
    scores = pl.DataFrame(
        {"family": "logistic", "strategy": "federated", "outcome": outcome, "pd": [0.1, 0.4, 0.3]}
    )
    assert plot(scores).startswith(b"\x89PNG")
