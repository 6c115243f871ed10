"""What one record can add to a figure: it bounds honest answers, and the noise that hides a record."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

SLACK = 1e-6


@dataclass(frozen=True)
class Span:
    """A record adds between `low` and `high`, each of shape (m,), to at most `hits` places of a figure."""

    low: np.ndarray
    high: np.ndarray
    hits: int

    @classmethod
    def counts(cls, size: int, hits: int = 1) -> Span:
        """Of records counted in so many places."""
        return cls(np.zeros(size), np.ones(size), hits)

    @classmethod
    def join(cls, *spans: Span) -> Span:
        """Of figures one after the other."""
        lows, highs = ([getattr(s, name) for s in spans] for name in ("low", "high"))
        return cls(np.concatenate(lows), np.concatenate(highs), sum(s.hits for s in spans))

    @property
    def scale(self) -> np.ndarray:
        """The most that a record adds to each place, whatever the sign."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    @property
    def sensitivity(self) -> np.ndarray:
        """Each place's noise at multiplier 1: in units of `scale`, another value of one record moves the figure by
        at most 2 sqrt(hits)."""
        return 2.0 * math.sqrt(self.hits) * self.scale

    def fault(self, sums: np.ndarray, records: int) -> str | None:
        """Why `sums` cannot be those of so many records; None where they can."""
        if sums.shape != self.low.shape:
            return f"{sums.size:,} sums came where {self.low.size:,} were asked for"
        slack = SLACK * (1.0 + records * self.scale)
        if (sums < records * self.low - slack).any() or (sums > records * self.high + slack).any():
            return f"a sum is beyond what {records:,} records, as declared at the start, can give"
        return None
