"""Whom a new model harms: banks at which it ranks worse than another, beyond noise."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import polars as pl

from credit.metrics import auc_difference

ALPHA = 0.05
_TWO_SIDED = NormalDist().inv_cdf(0.975)


def bank_differences(
    new: pl.DataFrame, other: pl.DataFrame, *, seed: int, replicates: int = 100
) -> pl.DataFrame:
    """AUC of `new` less AUC of `other` at each bank on the same records (frames with bank, outcome, pd).

    Columns bank, records, difference, noise (one standard error of the paired bootstrap), harmed. A bank
    counts as harmed where its difference lies below 0 by more than chance explains in any of the banks
    together, one time in twenty (Bonferroni). Banks without both outcomes are left out.
    """
    others = {bank: frame for (bank,), frame in other.partition_by(["bank"], as_dict=True).items()}
    rows = []
    for (bank,), frame in new.partition_by(["bank"], as_dict=True).items():
        scores = (f["pd"].to_numpy() for f in (frame, others[bank]))
        change = auc_difference(frame["outcome"].to_numpy(), *scores, seed=seed, replicates=replicates)
        if not np.isnan(change.value):
            noise = (change.high - change.low) / (2 * _TWO_SIDED)
            rows.append({"bank": bank, "records": frame.height, "difference": change.value, "noise": noise})
    z = NormalDist().inv_cdf(1 - ALPHA / max(len(rows), 1))
    schema = {"bank": pl.String, "records": pl.Int64, "difference": pl.Float64, "noise": pl.Float64}
    table = pl.DataFrame(rows, schema=schema)
    return table.with_columns(harmed=pl.col("difference") + z * pl.col("noise") < 0)
