"""The pictures of a run, each as PNG bytes: titled, with units, legible on a page."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import polars as pl

from credit.canvas import BAD, COLOURS, DASHES, DPI, GRID, WIDTH, bars_height, blank, png
from credit.contract import Contract
from credit.explanation import BASE, mean_absolute_shap
from credit.metrics import auc

MARKS = "osD^vP"


def _models(scores: pl.DataFrame):
    for (family, strategy), frame in sorted(
        scores.partition_by(["family", "strategy"], as_dict=True).items()
    ):
        yield str(family), str(strategy), frame["outcome"].to_numpy(), frame["pd"].to_numpy()


def roc_plot(scores: pl.DataFrame, test: str) -> bytes:
    """ROC curves of every model over all banks' test records (columns of `score_banks`); `test` is its name."""
    title = f"ROC, {test}, all banks"
    figure, axes = blank(WIDTH, 4.4, title, "False positive rate", "True positive rate")
    for family, strategy, outcome, pd in _models(scores):
        order = np.argsort(-pd, kind="stable")
        true, false = np.cumsum(outcome[order] == 1), np.cumsum(outcome[order] == 0)
        if not len(order) or not true[-1] or not false[-1]:
            axes.plot(
                [], [], color=COLOURS.get(strategy), label=f"{family}, {strategy} (one class, no curve)"
            )
            continue
        label = f"{family}, {strategy} (AUC {auc(outcome, pd):.3f})"
        axes.plot(
            false / false[-1],
            true / true[-1],
            DASHES.get(family, "-"),
            color=COLOURS.get(strategy),
            label=label,
        )
    axes.plot([0, 1], [0, 1], color=GRID, linewidth=1)
    axes.set_aspect("equal")
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return png(figure)


def calibration_plot(scores: pl.DataFrame, test: str, bins: int = 10) -> bytes:
    """Observed default rate against mean predicted PD in tenths of the records."""
    title = f"Calibration, {test}, all banks"
    figure, axes = blank(WIDTH, 4.4, title, "Mean predicted probability of default", "Observed default rate")
    for family, strategy, outcome, pd in _models(scores):
        groups = np.array_split(np.argsort(pd, kind="stable"), min(bins, max(len(pd), 1)))
        x, y = [pd[g].mean() for g in groups], [outcome[g].mean() for g in groups]
        axes.plot(x, y, DASHES.get(family, "-"), marker="o", markersize=3, color=COLOURS.get(strategy),
                  label=f"{family}, {strategy}")  # fmt: skip
    top = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([0, top], [0, top], color=GRID, linewidth=1)
    axes.set_aspect("equal")
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return png(figure)


def uplift_plot(uplift: pl.DataFrame, family: str, test: str) -> bytes:
    """AUC gained by each bank from joining, with 95% bootstrap intervals (columns of `uplift.uplift`)."""
    known = uplift.drop_nulls(["uplift", "low", "high"]).sort("uplift")
    title = f"What joining changes: AUC of {family} less that of local-only"
    height = bars_height(known.height, 0.22) + 0.2
    figure, axes = blank(WIDTH, height, title, f"AUC difference on the {test}", "")
    for name, prefix, shift in (("federated", "", 0.18), ("personalised", "personalised_", -0.18)):
        if prefix + "uplift" in known.columns:
            value, low, high = (known[prefix + c] for c in ("uplift", "low", "high"))
            error, rows = [value - low, high - value], np.arange(known.height) + shift
            axes.errorbar(
                value, rows, xerr=error, fmt="o", markersize=4, color=COLOURS[name], capsize=2, label=name
            )
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    axes.axvline(0, color="#57606a", linewidth=1)
    axes.set_yticks(
        range(known.height), [f"{b} ({n:,})" for b, n in zip(known["bank"], known["records"], strict=True)]
    )
    axes.tick_params(axis="y", labelsize=8)
    return png(figure)


def contribution_plot(table: pl.DataFrame) -> bytes:
    """What each bank's records add (columns bank, records, contribution, error)."""
    rows = table.reverse()
    title = "Contribution of each bank (Shapley values)"
    label = "AUC added, over all banks' validation records"
    figure, axes = blank(WIDTH, bars_height(rows.height), title, label, "")
    labels = [f"{b} ({n:,})" for b, n in zip(rows["bank"], rows["records"], strict=True)]
    colours = [BAD if value < 0 else COLOURS["federated"] for value in rows["contribution"]]
    axes.barh(labels, rows["contribution"], xerr=rows["error"], color=colours)
    axes.axvline(0, color="#57606a", linewidth=1)
    axes.tick_params(axis="y", labelsize=8)
    return png(figure)


def comparison_plot(rows: list[dict]) -> bytes:
    """Mean AUC inside banks by strategy (rows of `federated.comparison`), one mark a case and model."""
    trained = list(dict.fromkeys(row["trained"] for row in rows))
    series = list(dict.fromkeys((row["case"], row["family"]) for row in rows))
    title = "Mean AUC inside each bank, by strategy"
    figure, axes = blank(WIDTH, 1.5 + 0.3 * len(trained), title, "AUC on test records", "")
    for mark, (case, family) in zip(cycle(MARKS), series):
        own = [row for row in rows if (row["case"], row["family"]) == (case, family)]
        places = [trained.index(row["trained"]) for row in own]
        axes.plot([row["mean_auc"] for row in own], places, mark, label=f"{family}, {case}")
    axes.set_yticks(range(len(trained)), trained)
    axes.invert_yaxis()
    axes.grid(axis="x", color=GRID)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return png(figure)


def rounds_plot(rounds: pl.DataFrame) -> bytes:
    """Validation loss by round and family (columns family, round, validation_loss)."""
    figure, axes = blank(7, 4.5, "Federated training", "Round", "Validation log loss, all banks")
    for (family,), frame in sorted(rounds.partition_by(["family"], as_dict=True).items()):
        axes.plot(frame["round"], frame["validation_loss"], DASHES.get(str(family), "-"), label=family)
    axes.legend(frameon=False)
    return png(figure)


def importance_plot(values: pl.DataFrame, contract: Contract) -> bytes:
    """Mean |SHAP| by feature (columns of `shap_values`)."""
    means = mean_absolute_shap(values).reverse()
    labels = [contract.fields[f].title for f in means["feature"]]
    title, unit = "Mean |SHAP| by feature", "Mean |SHAP|, log odds"
    figure, axes = blank(WIDTH, bars_height(means.height), title, unit, "")
    axes.barh(labels, means["mean_abs_shap"], color=COLOURS["federated"])
    axes.tick_params(axis="y", labelsize=8)
    return png(figure)


def beeswarm_plot(
    values: pl.DataFrame, matrix: np.ndarray, contract: Contract, outcome: str = "default"
) -> bytes:
    """SHAP beeswarm of the margin of `outcome`: one dot an applicant and feature, coloured by the feature's value."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import shap

    features = [c for c in values.columns if c != BASE]
    explanation = shap.Explanation(
        values.select(features).to_numpy(),
        base_values=values[BASE].to_numpy(),
        data=matrix,
        feature_names=[contract.fields[f].title for f in features],
    )
    with plt.rc_context({"figure.dpi": DPI}):
        size = (WIDTH, bars_height(len(features), 0.22))
        shap.plots.beeswarm(explanation, max_display=len(features), show=False, plot_size=size)
        figure = plt.gcf()
        figure.axes[0].tick_params(axis="y", labelsize=8)
        for axes in figure.axes:
            axes.xaxis.label.set_fontsize(10)
            axes.yaxis.label.set_fontsize(10)
        title = f"SHAP values, {contract.holdout.test}"
        figure.axes[0].set(title=title, xlabel=f"SHAP value, log odds of {outcome}")
        figure.set_layout_engine("tight")
        picture = png(figure)
        plt.close(figure)
    return picture
