"""How a model's margin becomes a decision: calibration, points and thresholds, as `calibration.json` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from credit.calibration import UNCALIBRATED, Calibration, risk_margin
from credit.errors import ModelError
from credit.models.model import class_probabilities
from credit.points import PointsScale
from credit.policy import ScorePolicy

DOCUMENT = "calibration.json"


@dataclass(frozen=True)
class Scoring:
    """The scale of points, and the probability of default from which an applicant is refused.

    `bank_thresholds` holds the thresholds of banks that decide by one of their own.
    """

    scale: PointsScale
    threshold: float
    bank_thresholds: Mapping[str, float] = field(default_factory=dict)

    def probability(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated probability of default, shape (n,), of a model's margins, shape (n, K)."""
        if self.scale.calibration.method == "none":
            return class_probabilities(margins)[:, -1]
        return self.scale.calibration.probability(risk_margin(margins))

    def points(self, margins: np.ndarray) -> np.ndarray:
        """Points, shape (n,), of a model's margins, shape (n, K)."""
        return self.scale.points(risk_margin(margins))

    def worth(self, contributions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points of each feature, shape (n, F), and of the reference, shape (n,); they add up to `points`.

        `contributions` are those of `Model.contributions`, shape (n, K, F + 1).
        """
        n, k, width = contributions.shape
        flat = contributions.transpose(0, 2, 1).reshape(n * width, k)
        return self.scale.margins_worth(risk_margin(flat).reshape(n, width))

    def threshold_of(self, bank: str = "") -> float:
        """The threshold by which `bank` decides."""
        return self.bank_thresholds.get(bank, self.threshold)

    def to_dict(self) -> dict[str, Any]:
        return {
            "calibration": self.scale.calibration.to_dict(),
            "score": self.scale.policy.model_dump(mode="json"),
            "threshold": self.threshold,
            "bank_thresholds": dict(self.bank_thresholds),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scoring:
        """What `to_dict` gave. Raises ModelError where it is damaged."""
        try:
            calibration = Calibration.from_dict(data["calibration"])
            scale = PointsScale(ScorePolicy.model_validate(data["score"]), calibration)
            thresholds = {bank: float(t) for bank, t in data.get("bank_thresholds", {}).items()}
            made = cls(scale, float(data["threshold"]), thresholds)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"calibration, score or threshold is damaged: {error!r}") from error
        if not all(0 < t < 1 for t in (made.threshold, *thresholds.values())):
            raise ModelError("a threshold lies outside (0, 1)")
        return made

    @classmethod
    def uncalibrated(cls, threshold: float) -> Scoring:
        """A model's own probabilities on the default scale: of a package from before calibration."""
        return cls(PointsScale(ScorePolicy(), UNCALIBRATED), threshold)
