"""A model's scores counted class by class: all that its figures of merit need, additive over banks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credit.metrics import Interval
from credit.multiclass import confusion, f1_of, kappa_of
from credit.score_histogram import BINS, CHANCES, ScoreHistogram


@dataclass(frozen=True)
class ClassScores:
    """Scores of each class against the rest, and records by true and most probable class, shape (C, C).

    Two classes have one histogram, of default, and an empty table.
    """

    histograms: tuple[ScoreHistogram, ...]
    table: np.ndarray

    @classmethod
    def of(cls, outcome: np.ndarray, chances: np.ndarray) -> ClassScores:
        """Of class numbers, shape (n,), and probabilities, shape (n, C)."""
        classes = chances.shape[1]
        if classes == 2:
            return cls((ScoreHistogram.of(outcome, chances[:, 1]),), np.zeros((0, 0)))
        each = tuple(ScoreHistogram.of((outcome == k).astype(int), chances[:, k]) for k in range(classes))
        return cls(each, confusion(outcome, chances))

    def to_vector(self) -> np.ndarray:
        """All counts as one additive vector."""
        return np.concatenate([*(h.counts.ravel() for h in self.histograms), self.table.ravel()])

    @classmethod
    def from_vector(cls, vector: np.ndarray, classes: int) -> ClassScores:
        """What a (summed) vector of `to_vector` holds, of a model of so many classes."""
        each = 1 if classes == 2 else classes
        counts, table = np.split(vector, [each * 2 * BINS])
        shape = (0, 0) if classes == 2 else (classes, classes)
        return cls(tuple(map(ScoreHistogram, counts.reshape(each, BINS, 2))), table.reshape(shape))

    @property
    def worst(self) -> ScoreHistogram:
        """Of default, or of the worst class against the rest."""
        return self.histograms[-1]

    def auc_interval(self, *, seed: int, replicates: int = 200) -> Interval:
        """AUC of the worst class with its bootstrap interval."""
        return self.worst.auc_interval(seed=seed, replicates=replicates)

    def figures(self) -> dict[str, float]:
        """Figures of the worst class against the rest; with three or more classes those over all of them too."""
        return self.worst.figures() | self._class_figures()

    def _class_figures(self) -> dict[str, float]:
        total = self.table.sum()
        if not self.table.size:
            return {}
        if not total:
            return dict.fromkeys(("accuracy", "macro_f1", "auc_ovr", "kappa", "logloss"), float("nan"))
        own = sum((h.counts[:, 1] for h in self.histograms), np.zeros(BINS))
        return {
            "accuracy": float(np.trace(self.table) / total),
            "macro_f1": f1_of(self.table),
            "auc_ovr": float(np.mean([h.auc() for h in self.histograms])),
            "kappa": kappa_of(self.table),
            "logloss": float(-(own * np.log(CHANCES)).sum() / total),
        }
