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


@dataclass(frozen=True)
class Facts:
    """Everything the report tells, as plain values; `pictures` are PNGs by `folder/name`."""

    contract: Contract
    consortium: str
    policy: Policy
    raw: Mapping[str, Any]
    parts: pl.DataFrame
    verdict: Mapping[str, Any]
    test: pl.DataFrame
    split_by_row: pl.DataFrame
    """figures by customer and by row; empty where no customer repeats"""
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

    def shown(self, name: str, caption: str) -> list[Picture]:
        """The picture `name`, where the run has made it."""
        return [Picture(caption, self.pictures[name])] if name in self.pictures else []

    def all_shown(self, beginning: str) -> list[Picture]:
        """Every picture whose name begins so, each with a caption made of its name."""
        return [
            Picture(_caption(name), png) for name, png in self.pictures.items() if name.startswith(beginning)
        ]


def _caption(name: str) -> str:
    words = name.split("/")[1].removesuffix(".png").replace("_", " ").replace("-", " ")
    return words[0].upper() + words[1:]
