"""How groups of applicants fare: approval, errors and calibration, from counts that add up over banks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit.policy import FairnessPolicy

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Parity:
    """The widest gaps between the groups that have enough records; NaN where fewer than two have."""

    impact_ratio: float
    """lowest approval rate over highest"""
    true_approval_gap: float
    """of those who paid, the approved"""
    false_approval_gap: float
    """of those who defaulted, the approved"""

    def within(self, policy: FairnessPolicy) -> bool:
        """Whether every known gap is within the limits."""
        gaps = np.array([self.true_approval_gap, self.false_approval_gap])
        fair = not self.impact_ratio < policy.smallest_impact_ratio
        return fair and not bool((gaps > policy.largest_rate_gap).any())


def group_counts(
    group: pl.Series, names: Sequence[str], default: np.ndarray, pd: np.ndarray, threshold: float
) -> np.ndarray:
    """Records and sum of PDs by group, outcome and decision, shape (groups, 2, 2, 2): all that fairness needs.

    Groups are `names`, then all that is not stated; a decision is refused or approved. Additive over banks.
    """
    order = {name: i for i, name in enumerate(names)}
    place = group.cast(pl.String).replace_strict(order, default=len(names), return_dtype=pl.Int64).to_numpy()
    flat = (place * 2 + default) * 2 + (pd < threshold)
    shape = (len(names) + 1, 2, 2)
    sums = [np.bincount(flat, w, int(np.prod(shape))).reshape(shape) for w in (np.ones(len(pd)), pd)]
    return np.stack(sums, axis=-1)


def group_cells(names: Sequence[str], counts: np.ndarray) -> pl.DataFrame:
    """(Summed) `group_counts` as a table: columns group, default, approved, records, pd_sum; without empty cells."""
    groups, default, approved = np.indices(counts.shape[:3]).reshape(3, -1)
    every = [*names, NOT_STATED]
    records, pd_sum = counts.reshape(-1, 2).T
    columns = {
        "group": [every[g] for g in groups],
        "default": default,
        "approved": approved,
        "records": records,
        "pd_sum": pd_sum,
    }
    return pl.DataFrame(columns).filter(pl.col("records") > 0)


def group_figures(cells: pl.DataFrame) -> pl.DataFrame:
    """Figures of each group of `cells`, by fairlearn (Bird et al. 2020), the cells weighing as their records.

    Columns group, records, approval_rate, true_approval (of those who paid), false_approval (of those who
    defaulted), mean_pd, default_rate; null where a group has none of an outcome.
    """
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

    metrics = {
        "approval_rate": selection_rate,
        "true_approval": true_positive_rate,
        "false_approval": false_positive_rate,
    }
    weight = cells["records"].to_numpy()
    frame = MetricFrame(
        metrics=metrics,
        y_true=1 - cells["default"].to_numpy(),
        y_pred=cells["approved"].to_numpy(),
        sensitive_features=cells["group"].to_numpy(),
        sample_params={name: {"sample_weight": weight} for name in metrics},
    )
    by_group = pl.DataFrame(
        {
            "group": [str(g) for g in frame.by_group.index],
            **{m: np.asarray(frame.by_group[m]) for m in metrics},
        }
    )
    totals = cells.group_by("group").agg(
        pl.sum("records").round().cast(pl.Int64),
        (pl.sum("pd_sum") / pl.sum("records")).alias("mean_pd"),
        ((pl.col("default") * pl.col("records")).sum() / pl.sum("records")).alias("default_rate"),
        (pl.col("default") * pl.col("records")).sum().alias("_defaults"),
    )
    joined = totals.join(by_group, on="group").with_columns(
        pl.when(pl.col("records") > pl.col("_defaults")).then("true_approval").alias("true_approval"),
        pl.when(pl.col("_defaults") > 0).then("false_approval").alias("false_approval"),
    )
    return joined.select("group", "records", *metrics, "mean_pd", "default_rate").sort("group")


def parity(figures: pl.DataFrame, fewest: int) -> Parity:
    """Gaps between the groups of `group_figures` with at least `fewest` records."""
    judged = figures.filter(pl.col("records") >= fewest, pl.col("group") != NOT_STATED)
    rates = judged["approval_rate"].to_numpy()
    if judged.height < 2:
        return Parity(*[float("nan")] * 3)
    ratio = float(rates.min() / rates.max()) if rates.max() > 0 else 1.0
    return Parity(ratio, _spread(judged["true_approval"]), _spread(judged["false_approval"]))


def _spread(rates: pl.Series) -> float:
    known = rates.drop_nulls().to_numpy()
    return float(known.max() - known.min()) if len(known) > 1 else float("nan")
