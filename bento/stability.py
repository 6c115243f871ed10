"""Population stability: how far today's scores have moved from those the model was judged on."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from math import log

import numpy as np

FEWEST = 200
FLOOR = 1e-4


class Stability:
    """Counts scores in the bins of a reference; `edges` are the inner ones, `shares` one more."""

    def __init__(self, edges: Sequence[float], shares: Sequence[float]):
        self._edges, self._shares = list(edges), list(shares)
        self._counts = [0] * len(shares)
        self._seen = 0
        # Batches are counted in threads of their own.
        self._lock = threading.Lock()

    def add(self, score: float) -> bool:
        """Count a score; whether it is time to look at the index again."""
        with self._lock:
            self._counts[bisect_right(self._edges, score)] += 1
            self._seen += 1
            return self._seen % FEWEST == 0

    def add_all(self, scores: np.ndarray) -> bool:
        """Count scores; whether it is time to look at the index again."""
        found = np.bincount(np.searchsorted(self._edges, scores, "right"), minlength=len(self._counts))
        with self._lock:
            self._counts = [a + b for a, b in zip(self._counts, found.tolist(), strict=True)]
            before, self._seen = self._seen, self._seen + len(scores)
            return before // FEWEST != self._seen // FEWEST

    @property
    def index(self) -> float:
        """The population stability index so far."""
        with self._lock:
            counts, seen = list(self._counts), self._seen
        return psi([c / max(seen, 1) for c in counts], self._shares)


def psi(now: Sequence[float], reference: Sequence[float]) -> float:
    """Population stability index of two lists of shares."""
    pairs = [(max(a, FLOOR), max(b, FLOOR)) for a, b in zip(now, reference, strict=True)]
    return sum((a - b) * log(a / b) for a, b in pairs)
