"""The leak guard: nothing known only after the decision may reach a model, by name, by power or by absence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit.contract import Contract
from credit.features import OUTCOME
from credit.fields import BARRED, Column, Derived, Role
from credit.metrics import auc

POWER_LIMIT = 0.85
ABSENCE_LIMIT = 0.60
MOST_GROUPS = 500


@dataclass(frozen=True)
class LeakFinding:
    """One check of one column. `blocks` says that the column is a feature and fails the check."""

    column: str
    check: str
    value: float
    limit: float
    blocks: bool


def leak_findings(
    records: pl.DataFrame, fields: Iterable[Column | Derived], power_limit: float = POWER_LIMIT
) -> list[LeakFinding]:
    """Checks of `fields`, columns of `records` (as in `Ingestion.records`), against their outcome.

    power: how well the column alone ranks defaults, an AUC, at most `power_limit`. absence: the AUC of
    whether it is missing, at most ABSENCE_LIMIT. Both count either way round. More than two classes are
    judged as the first against the rest; records of one class have no findings.
    """
    outcome = (records[OUTCOME].to_numpy() > 0).astype(int)
    if len(np.unique(outcome)) < 2:
        return []
    findings = []
    for field in fields:
        reaches_model = field.role is Role.FEATURE
        missing = records[field.name].is_null().to_numpy().astype(float)
        for check, value, limit in (
            ("power", _power(records, field.name, outcome), power_limit),
            ("absence", _either_way(outcome, missing), ABSENCE_LIMIT),
        ):
            findings.append(LeakFinding(field.name, check, value, limit, reaches_model and value > limit))
    return findings


def barred_features(features: tuple[str, ...], contract: Contract) -> list[str]:
    """Which of `features` the contract bars from models, by their own or their source column's name."""
    barred = {f.name for f in contract.fields.values() if f.role in BARRED}
    barred |= {f.source for f in contract.columns if isinstance(f, Column) and f.role in BARRED}
    return [f for f in features if f in barred]


def _power(records: pl.DataFrame, name: str, outcome: np.ndarray) -> float:
    """AUC of the column's value groups, learnt on every other record and measured on the rest."""
    groups, n_groups = _groups(records[name])
    learn = np.arange(len(groups)) % 2 == 0
    defaults = np.bincount(groups[learn], outcome[learn], n_groups)
    total = np.bincount(groups[learn], minlength=n_groups)
    rate = (defaults + outcome.mean()) / (total + 1.0)
    return _either_way(outcome[~learn], rate[groups[~learn]])


def _groups(column: pl.Series) -> tuple[np.ndarray, int]:
    """A group number for each value: its own where few differ, else its quantile; one more for missing."""
    named = column.dtype in (pl.String, pl.Enum, pl.Categorical)
    codes = column.cast(pl.String).cast(pl.Categorical).to_physical() if named else column.rank("dense")
    codes = codes.cast(pl.Float64)
    highest = codes.max()
    top = float(highest) if isinstance(highest, int | float) else 0.0
    if top > MOST_GROUPS:
        codes = (column.rank("average") / column.len() * MOST_GROUPS).floor()
        top = float(MOST_GROUPS)
    return codes.fill_null(top + 1).cast(pl.Int64).to_numpy(), int(top) + 2


def _either_way(outcome: np.ndarray, scores: np.ndarray) -> float:
    value = auc(outcome, scores)
    return max(value, 1.0 - value)
