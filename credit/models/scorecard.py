"""A logistic scorecard: each feature's weight of evidence, times a weight that can only be positive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from credit.encoding import Encoding
from credit.models.model import Model
from credit.woe import Bins


class ScorecardModel(Model):
    """Logistic regression on WoE bins, two classes; `weights` has shape (F + 1,), the intercept last."""

    family = "scorecard"
    native_file = "model.scorecard.json"

    def __init__(
        self, encoding: Encoding, classes: tuple[str, ...], bins: Sequence[Bins], weights: np.ndarray
    ):
        super().__init__(encoding, classes)
        self.bins = tuple(bins)
        self.weights = np.asarray(weights, dtype=float)

    def evidence(self, X: np.ndarray) -> np.ndarray:
        """Weight of evidence of each feature, shape (n, F)."""
        return np.column_stack([b.woe[b.place(X[:, i])] for i, b in enumerate(self.bins)])

    @property
    def most_evidence(self) -> np.ndarray:
        """The most evidence, of either sign, that a record can have, shape (F,)."""
        return np.array([np.abs(b.woe).max(initial=0.0) for b in self.bins])

    def margin(self, X: np.ndarray) -> np.ndarray:
        return (self.evidence(X) @ self.weights[:-1] + self.weights[-1])[:, None]

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """Exact for independent features: weight times distance from the training records' mean evidence."""
        mean = np.array([b.mean_woe for b in self.bins])
        values = (self.evidence(X) - mean) * self.weights[:-1]
        base = np.full((len(X), 1), mean @ self.weights[:-1] + self.weights[-1])
        return np.concatenate([values, base], axis=1)[:, None, :]

    def save_native(self, path: Path) -> None:
        bins = [
            {"cuts": b.cuts.tolist(), "counts": b.counts.tolist(), "woe": b.woe.tolist()} for b in self.bins
        ]
        path.write_text(json.dumps({"bins": bins, "weights": self.weights.tolist()}))

    @classmethod
    def load_native(cls, path: Path, encoding: Encoding, classes: tuple[str, ...]) -> ScorecardModel:
        data = json.loads(path.read_text())
        bins = [Bins(*(np.array(b[k], float) for k in ("cuts", "counts", "woe"))) for b in data["bins"]]
        return cls(encoding, classes, bins, np.array(data["weights"]))
