"""What the model-risk report tells of one version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from credit.contract import Contract
from credit.policy import Policy
from registry.document import Picture
from registry.history import Event
from registry.risk.captions import caption


@dataclass(frozen=True)
class Facts:
    """Everything the report tells, as plain values; `pictures` are PNGs by `folder/name`."""

    contract: Contract
    consortium: str
    policy: Policy
    raw: Mapping[str, Any]
    parts: pl.DataFrame
    most_records: int | None
    """records that each bank uses at most; None without a limit"""
    verdict: Mapping[str, Any]
    test: pl.DataFrame
    split_by_row: pl.DataFrame
    """figures of the split in use and of one by row; empty where no customer repeats"""
    uplift: pl.DataFrame
    scoring: Mapping[str, Any]
    fairness: Mapping[str, pl.DataFrame]
    stability: Mapping[str, pl.DataFrame]
    scorecard: pl.DataFrame
    scorecard_figures: pl.DataFrame
    agreement: float | None
    """rank correlation of mean |SHAP| with the champion before; None without one"""
    events: Sequence[Event]
    pictures: Mapping[str, bytes]

    def shown(self, beginning: str) -> list[Picture]:
        """The pictures that the run has made whose names begin so."""
        return [
            Picture(caption(name, self.contract), png)
            for name, png in self.pictures.items()
            if name.startswith(beginning)
        ]

    def title(self, column: str) -> str:
        """What a column of the contract is called; what is none keeps its name."""
        field = self.contract.fields.get(column)
        return field.title if field else column
