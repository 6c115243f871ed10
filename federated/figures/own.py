"""A part of a bank's own records under one model, each view of it worked out once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl

from credit.calibration import risk_margin
from credit.features import FeatureSpec, defaults, outcomes
from credit.models import Model


class OwnPart:
    """What figures read of a bank's records `frame`; nothing of it leaves the bank."""

    def __init__(self, bank: str, frame: pl.DataFrame, spec: FeatureSpec, model: Model | None):
        self.bank, self.frame, self.spec = bank, frame, spec
        self._model = model

    @property
    def model(self) -> Model:
        assert self._model is not None
        return self._model

    @cached_property
    def outcome(self) -> np.ndarray:
        """Class numbers, shape (n,)."""
        return outcomes(self.frame)

    @cached_property
    def default(self) -> np.ndarray:
        """1 where the outcome is the last class, shape (n,)."""
        return defaults(self.frame, self.spec)

    @cached_property
    def matrix(self) -> np.ndarray:
        """The model matrix, shape (n, F)."""
        return self.model.encoding.matrix(self.frame)

    @cached_property
    def margins(self) -> np.ndarray:
        """The model's margins, shape (n, K)."""
        return self.model.margin(self.matrix) if self.frame.height else np.zeros((0, self.model.n_margins))

    @cached_property
    def risk(self) -> np.ndarray:
        """One margin a record, the higher, the riskier, shape (n,)."""
        return risk_margin(self.margins)

    @cached_property
    def evidence(self) -> np.ndarray:
        """What the weights of a scorecard or a logistic regression weigh, shape (n, F)."""
        return self.model.evidence(self.matrix)  # type: ignore[attr-defined]
