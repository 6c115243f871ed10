"""The pictures of explanations: by bank, by value, and of one applicant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from credit.canvas import BAD, COLOURS, DPI, WIDTH, bars_height, png
from credit.shap_summary import extremes

# So many levels of a category, from either end, are legible in a panel.
EXTREMES = 10
# So many features fit beside each other.
STRONGEST = 20


def bank_heatmap(means: pl.DataFrame, titles: Mapping[str, str]) -> bytes:
    """Mean |SHAP| by bank and feature (columns of `shap_summary.by_bank`), the STRONGEST features, strongest first."""
    from matplotlib.figure import Figure

    features = [c for c in means.columns if c != "bank"]
    values = means.select(features).to_numpy()
    order = np.argsort(-values.mean(axis=0))[:STRONGEST]
    # The features' names stand at an angle below the banks.
    figure = Figure(figsize=(WIDTH, bars_height(means.height) + 1.2), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(values[:, order], cmap="Blues", aspect="auto")
    names = [titles[features[i]] for i in order]
    axes.set_xticks(range(len(order)), names, rotation=50, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(range(means.height), means["bank"].to_list(), fontsize=8)
    several = f" ({STRONGEST} strongest of {len(features)})" if len(features) > STRONGEST else ""
    axes.set_title("What drives the scores at each bank" + several)
    figure.colorbar(image, label="Mean |SHAP|, log odds")
    return png(figure)


def dependence_plot(curves: Sequence[tuple[str, pl.DataFrame]], logged: Sequence[bool]) -> bytes:
    """Mean SHAP by value of several features: titles with frames of `shap_summary.dependence`."""
    from matplotlib.figure import Figure

    rows = (len(curves) + 1) // 2
    figure = Figure(figsize=(WIDTH, 2.4 * rows), dpi=DPI, layout="constrained")
    figure.suptitle("Mean SHAP by value, all banks' summed counts")
    panels = np.atleast_1d(figure.subplots(rows, 2)).ravel()
    for axes, (title, curve), log in zip(panels, curves, logged, strict=False):
        if curve.is_empty():
            axes.set_axis_off()
            title += "\n(no value has enough records to be shown)"
        elif curve["value"].dtype == pl.String:
            shown = extremes(curve, EXTREMES)
            if shown.height < curve.height:
                title += f"\n({EXTREMES} lowest, {EXTREMES} highest of {curve.height})"
            axes.barh(shown["value"], shown["shap"], color=COLOURS["federated"])
            axes.set_xlabel("Mean SHAP, log odds", fontsize=8)
        else:
            size = 4 + 40 * np.sqrt(curve["records"].to_numpy() / max(curve["records"].to_list()))
            axes.scatter(curve["value"], curve["shap"], s=size, color=COLOURS["federated"], alpha=0.6)
            axes.set_ylabel("Mean SHAP, log odds", fontsize=8)
            if log:
                axes.set_xscale("symlog")
        axes.set_title(title, fontsize=9)
        axes.tick_params(labelsize=6.5)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[len(curves) :]:
        axes.set_visible(False)
    return png(figure)


def waterfall_plot(worth: Mapping[str, float], reference: float, title: str, most: int = 9) -> bytes:
    """How one applicant's points come about: from the reference, feature by feature (label -> points)."""
    from matplotlib.figure import Figure

    order = sorted(worth, key=lambda name: -abs(worth[name]))
    steps = [(name, worth[name]) for name in order[:most]]
    if rest := sum(worth[name] for name in order[most:]):
        steps.append((f"{len(order) - most} others", rest))
    figure = Figure(figsize=(WIDTH, 1.2 + 0.21 * len(steps)), dpi=DPI, layout="constrained")
    axes, at = figure.subplots(), reference
    for place, (_, points) in enumerate(steps):
        axes.barh(place, points, left=at, color=BAD if points < 0 else COLOURS["federated"])
        at += points
        axes.text(
            at, place, f" {points:+.1f} ", va="center", ha="left" if points >= 0 else "right", fontsize=8
        )
    axes.axvline(reference, color="#57606a", linewidth=1, linestyle=":")
    axes.axvline(at, color="#1f2328", linewidth=1)
    axes.set_yticks(range(len(steps)), [name for name, _ in steps], fontsize=8)
    axes.invert_yaxis()
    path = reference + np.cumsum([0.0, *(points for _, points in steps)])
    room = 0.12 * max(float(np.ptp(path)), 1.0)
    axes.set_xlim(path.min() - room, path.max() + room)
    axes.set(title=title, xlabel=f"Points: from {reference:.0f} (average applicant) to {at:.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    return png(figure)
