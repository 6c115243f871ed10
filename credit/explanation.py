"""SHAP values of a model over records, and how each feature is distributed."""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.contract import Contract
from credit.models import Model

BASE = "base_value"


def sample_records(records: pl.DataFrame, size: int, seed: int) -> pl.DataFrame:
    """At most `size` records, drawn with `seed`, in their order."""
    if records.height <= size:
        return records
    chosen = np.random.default_rng(seed).choice(records.height, size, replace=False)
    return records[np.sort(chosen)]


def shap_values(model: Model, records: pl.DataFrame, of: int = -1) -> pl.DataFrame:
    """SHAP values of the margin of class `of`, one column a feature, then `base_value`; rows as in `records`.

    With three or more classes against the mean of all: a softmax does not see what is added to every margin.
    """
    values = model.contributions(model.encoding.matrix(records))
    chosen = values[:, of, :] if model.n_margins == 1 else values[:, of, :] - values.mean(axis=1)
    return pl.DataFrame(chosen, schema=[*model.encoding.features, BASE])


def mean_absolute_shap(values: pl.DataFrame) -> pl.DataFrame:
    """Columns feature, mean_abs_shap; the strongest feature first."""
    features = [c for c in values.columns if c != BASE]
    means = [float(values[f].abs().mean() or 0.0) for f in features]  # type: ignore[arg-type]
    return pl.DataFrame({"feature": features, "mean_abs_shap": means}).sort("mean_abs_shap", descending=True)


def feature_distributions(records: pl.DataFrame, contract: Contract, bins: int = 20) -> dict[str, dict]:
    """Per feature `{counts, bin_edges, median}`, or `{counts, levels}` of a category; missing values apart."""
    return {f.name: _distribution(records[f.name], f.levels, bins) for f in contract.features}


def _distribution(column: pl.Series, levels: dict[str, str] | None, bins: int) -> dict:
    missing = int(column.null_count())
    if levels:
        counts = dict(column.drop_nulls().value_counts().iter_rows())
        return {"levels": list(levels), "counts": [counts.get(v, 0) for v in levels], "missing": missing}
    values = column.drop_nulls().to_numpy().astype(float)
    counts, edges = np.histogram(values, bins) if len(values) else (np.zeros(0, int), np.zeros(0))
    median = float(np.median(values)) if len(values) else None
    return {"counts": counts.tolist(), "bin_edges": edges.tolist(), "median": median, "missing": missing}
