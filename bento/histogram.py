"""Prometheus histograms that count one value in a microsecond, or many at once."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np
from prometheus_client import REGISTRY
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector


class Counts:
    """Values counted up to each bound, and their sum."""

    def __init__(self, bounds: Sequence[float]):
        self._bounds = list(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, value: float) -> None:
        with self._lock:
            self._counts[bisect_left(self._bounds, value)] += 1
            self._sum += value

    def observe_all(self, values: np.ndarray) -> None:
        places = np.searchsorted(self._bounds, values, "left")
        found = np.bincount(places, minlength=len(self._counts)).tolist()
        with self._lock:
            self._counts = [a + b for a, b in zip(self._counts, found, strict=True)]
            self._sum += float(values.sum())

    def read(self) -> tuple[list[tuple[str, int]], float]:
        """Upper bound -> values up to it, and the sum."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        names = [*map(str, map(float, self._bounds)), "+Inf"]
        return list(zip(names, np.cumsum(counts).tolist(), strict=True)), total


class Histogram(Collector):
    """Counts by one label."""

    def __init__(self, name: str, text: str, label: str, bounds: Sequence[float]):
        self._head, self._label, self._bounds = (name, text), label, tuple(bounds)
        self._by_label: dict[str, Counts] = {}
        REGISTRY.register(self)

    def labels(self, value: str) -> Counts:
        return self._by_label.setdefault(value, Counts(self._bounds))

    def collect(self) -> Iterator[HistogramMetricFamily]:
        family = HistogramMetricFamily(*self._head, labels=[self._label])
        for value, counts in list(self._by_label.items()):
            family.add_metric([value], *counts.read())
        yield family
