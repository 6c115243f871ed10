"""Logistic regression on standardised features."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from credit.encoding import Encoding
from credit.models.model import Model

MOST_EVIDENCE = 8.0


@dataclass(frozen=True)
class Standardisation:
    """Shift and scale of each feature, fitted from summed moments; a missing value stands at the mean.

    Features marked in `logged` are taken as sign(x) log(1 + |x|) first: amounts span decades.
    """

    logged: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Standardised features, shape (n, F), without missing values."""
        return np.nan_to_num((log_amounts(X, self.logged) - self.mean) / self.scale, nan=0.0)

    @classmethod
    def fit(cls, moments: np.ndarray, logged: np.ndarray) -> Standardisation:
        """From summed `feature_moments`, shape (3, F)."""
        count, total, squares = moments
        count = np.maximum(count, 1.0)
        mean = total / count
        variance = np.maximum(squares / count - mean**2, 0.0)
        return cls(logged, mean, np.where(variance > 1e-12, np.sqrt(variance), 1.0))


def log_amounts(X: np.ndarray, logged: np.ndarray) -> np.ndarray:
    """`X` with the marked columns on a signed log scale."""
    return np.where(logged, np.sign(X) * np.log1p(np.abs(X)), X)


def feature_moments(X: np.ndarray, logged: np.ndarray) -> np.ndarray:
    """Count, sum and sum of squares of each feature's present values, shape (3, F); additive over banks."""
    values = log_amounts(X, logged)
    return np.stack(
        [(~np.isnan(values)).sum(axis=0), np.nansum(values, axis=0), np.nansum(values**2, axis=0)]
    )


class LogisticModel(Model):
    """(Multinomial) logistic regression; `weights` has shape (K, F + 1), the intercept last."""

    family = "logistic"
    native_file = "model.logistic.json"

    def __init__(
        self,
        encoding: Encoding,
        classes: tuple[str, ...],
        weights: np.ndarray,
        standardisation: Standardisation,
    ):
        super().__init__(encoding, classes)
        self.weights = np.asarray(weights, dtype=float)
        self.standardisation = standardisation

    def margin(self, X: np.ndarray) -> np.ndarray:
        return self.standardisation.transform(X) @ self.weights[:, :-1].T + self.weights[:, -1]

    def evidence(self, X: np.ndarray) -> np.ndarray:
        """Standardised features within MOST_EVIDENCE, shape (n, F)."""
        return np.clip(self.standardisation.transform(X), -MOST_EVIDENCE, MOST_EVIDENCE)

    @property
    def most_evidence(self) -> np.ndarray:
        """The most evidence, of either sign, that a record can have, shape (F,)."""
        return np.full(len(self.encoding.features), MOST_EVIDENCE)

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """Exact for independent features: weight times distance from the mean, which is zero here."""
        values = self.standardisation.transform(X)[:, None, :] * self.weights[None, :, :-1]
        base = np.broadcast_to(self.weights[:, -1], (len(X), len(self.weights)))
        return np.concatenate([values, base[:, :, None]], axis=2)

    def save_native(self, path: Path) -> None:
        s = self.standardisation
        path.write_text(
            json.dumps(
                {
                    "weights": self.weights.tolist(),
                    "logged": s.logged.tolist(),
                    "mean": s.mean.tolist(),
                    "scale": s.scale.tolist(),
                }
            )
        )

    @classmethod
    def load_native(cls, path: Path, encoding: Encoding, classes: tuple[str, ...]) -> LogisticModel:
        data = json.loads(path.read_text())
        standardisation = Standardisation(
            *(np.array(data[k], dtype=t) for k, t in (("logged", bool), ("mean", float), ("scale", float)))
        )
        return cls(encoding, classes, np.array(data["weights"]), standardisation)
