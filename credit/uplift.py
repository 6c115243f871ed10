"""What joining the consortium changes for each bank."""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.evaluation import arrays
from credit.metrics import auc, auc_difference


def uplift(test: pl.DataFrame, family: str, *, seed: int, replicates: int = 200) -> pl.DataFrame:
    """What joining changes for each bank: AUC less that of its local-only model, with paired bootstrap intervals.

    `uplift`, `low`, `high` are of the shared model; `personalised_uplift` and its bounds of what the bank makes
    of it, where `test` has that. `verdict` says whether joining pays, of the last of them: the one that the
    bank decides with. Null where a figure is undefined.
    """
    rows = []
    for (bank,), frame in test.filter(family=family).partition_by(["bank"], as_dict=True).items():
        own = {str(s): f for (s,), f in frame.partition_by(["strategy"], as_dict=True).items()}
        outcome, base = arrays(own["local"])
        row = {
            "bank": bank,
            "records": len(outcome),
            "defaults": int(outcome.sum()),
            "local_auc": auc(outcome, base),
            **_uplift(own, "federated", "", seed, replicates),
            **_uplift(own, "personalised", "personalised_", seed, replicates),
        }
        rows.append(row | {"verdict": _verdict(row)})
    return pl.DataFrame(rows).fill_nan(None).sort("uplift", descending=True, nulls_last=True)


def _uplift(own: dict[str, pl.DataFrame], strategy: str, prefix: str, seed: int, replicates: int) -> dict:
    """AUC of a strategy's model at one bank, and by how much it exceeds the local-only one's."""
    if strategy not in own:
        return {}
    outcome, score = arrays(own[strategy])
    change = auc_difference(outcome, score, arrays(own["local"])[1], seed=seed, replicates=replicates)
    figures = {"uplift": change.value, "low": change.low, "high": change.high}
    return {f"{strategy}_auc": auc(outcome, score)} | {prefix + name: v for name, v in figures.items()}


def _verdict(row: dict) -> str | None:
    """What a row's bank gains by joining, in words."""
    own = "personalised_" if "personalised_uplift" in row else ""
    value, low, high = (row[own + name] for name in ("uplift", "low", "high"))
    if np.isnan(value):
        return None
    if value <= 0:
        return "joining does not pay for this bank" + ("" if high < 0 else ", within the noise of its test")
    return "joining pays" if low > 0 else "joining helps, within the noise of its test"
