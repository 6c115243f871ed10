"""A picture of how records are shared out among banks."""

from __future__ import annotations

import polars as pl

from credit.canvas import BAD, COLOURS, WIDTH, bars_height, blank, png


def partition_plot(banks: pl.DataFrame, worst: str) -> bytes:
    """Records (bars) and rate of the outcome `worst` (dots) by bank; columns as in `partitioning.bank_table`."""
    height = bars_height(banks.height) + 0.3
    figure, axes = blank(WIDTH, height, "Banks by size and outcome", "Records", "")
    shown = banks.reverse()
    axes.barh(shown["bank"].to_list(), shown["records"].to_list(), color=COLOURS["federated"])
    axes.tick_params(axis="y", labelsize=8)
    rates = axes.twiny()
    rates.plot(shown["worst_rate"].to_list(), range(shown.height), "o", color=BAD)
    rates.set(xlabel=f"Share of the outcome {worst!r} (dots)", xlim=(0, 1))
    rates.spines[["right"]].set_visible(False)
    return png(figure)
