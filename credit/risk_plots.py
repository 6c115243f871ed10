"""The pictures of calibration, thresholds, fairness and stability, each as PNG bytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from credit.canvas import BAD, COLOURS, GRID, WIDTH, bars_height, blank, png
from credit.threshold import GRID as THRESHOLDS
from credit.threshold import CostCurve

INDEX_NAMES = {"psi": "Population stability index (PSI)", "csi": "Characteristic stability index (CSI)"}


def reliability_plot(sums: Mapping[str, np.ndarray], title: str) -> bytes:
    """Observed default rate against mean PD by bin of the PD, a line a label (label -> `rate_sums`)."""
    figure, axes = blank(WIDTH, 3.6, title, "Mean calibrated probability of default", "Observed default rate")
    top = 0.05
    for label, table in sums.items():
        known = table[table[:, 0] >= 20]
        x, y = known[:, 2] / known[:, 0], known[:, 1] / known[:, 0]
        spread = 1.96 * np.sqrt(y * (1 - y) / known[:, 0])
        axes.errorbar(x, y, yerr=spread, marker="o", markersize=4, capsize=2, linewidth=1.2, label=label)
        top = max(top, *x, *(y + spread)) if len(x) else top
    axes.plot([0, top], [0, top], color=GRID, linewidth=1, zorder=0)
    axes.legend(frameon=False)
    return png(figure)


def cost_plot(curve: CostCurve, ratio: float, break_even: float) -> bytes:
    """Cost per applicant and approval rate by threshold."""
    title = f"Cost of the threshold, validation (a missed default costs {ratio:g} refused good loans)"
    figure, axes = blank(
        WIDTH, 3.2, title, "Refused from this probability of default on", "Cost per applicant"
    )
    axes.plot(THRESHOLDS, curve.cost, color=COLOURS["federated"], label="cost (left)")
    axes.axvline(curve.threshold, color=BAD, linewidth=1.2, label=f"cheapest: {curve.threshold:.3f}")
    axes.axvline(break_even, color=BAD, linewidth=1, linestyle=":", label=f"break-even: {break_even:.3f}")
    right = axes.twinx()
    right.plot(THRESHOLDS, 100 * curve.approval, color=COLOURS["pooled"], label="approved (right)")
    right.set(ylabel="Approved applicants, %", ylim=(0, 102))
    right.spines["top"].set_visible(False)
    lines = [*axes.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    axes.legend(
        lines, [str(line.get_label()) for line in lines], frameon=False, fontsize=8, loc="center right"
    )
    axes.set_title(title, fontsize=10)
    return png(figure)


def points_plot(counts: np.ndarray, low: float, high: float, test: str) -> bytes:
    """How the points of paid loans and of defaults are distributed (`counts` as of `DecisionSums.points`)."""
    figure, axes = blank(WIDTH, 2.8, f"Points, {test}, all banks", "Points", "Share of the class, %")
    # Two bins a bar.
    bars = counts.reshape(-1, 2, 2).sum(axis=1)
    edges = np.linspace(low, high, len(bars) + 1)
    for value, label, colour in ((0, "paid", COLOURS["federated"]), (1, "default", BAD)):
        total = bars[:, value].sum()
        shares = 100.0 * bars[:, value] / max(total, 1.0)
        axes.stairs(shares, edges, fill=True, alpha=0.55, color=colour, label=f"{label} ({total:,.0f})")
    axes.legend(frameon=False)
    return png(figure)


def group_plot(table: pl.DataFrame, title: str) -> bytes:
    """Approval rate of each group (columns group, records, approval_rate)."""
    rows = table.sort("approval_rate")
    figure, axes = blank(WIDTH, bars_height(rows.height), title, "Approved applicants, %", "")
    labels = [f"{g} ({n:,})" for g, n in zip(rows["group"], rows["records"], strict=True)]
    axes.barh(labels, rows["approval_rate"] * 100, color=COLOURS["federated"])
    axes.set_xlim(0, 100)
    axes.tick_params(axis="y", labelsize=8)
    return png(figure)


def stability_plot(table: pl.DataFrame, index: str, limit: float, title: str) -> bytes:
    """The `index` ("psi" or "csi") of each line of `table` (columns name, the index, noise) against the limit."""
    rows = table.sort(index)
    figure, axes = blank(WIDTH, bars_height(rows.height), title, INDEX_NAMES[index], "")
    over = [
        BAD if p > max(limit, n) else COLOURS["federated"] for p, n in rows.select(index, "noise").iter_rows()
    ]
    axes.barh(rows["name"], rows[index], color=over)
    axes.plot(
        rows["noise"], range(rows.height), "|", color="#57606a", markersize=9, label="99% of mere chance"
    )
    axes.axvline(limit, color=BAD, linewidth=1, linestyle=":", label=f"limit {limit:g}")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.tick_params(axis="y", labelsize=8)
    return png(figure)
