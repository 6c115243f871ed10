"""The inner nodes of a tree in plain arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Splits:
    """The S inner nodes of one tree, parents before children; a child below zero is leaf `~child`.

    A value of at most `threshold` goes left. A missing one goes left where `nan_left`, and stands as zero
    where `nan_is_zero`, as LightGBM does with a feature that had no missing value in training.
    """

    feature: np.ndarray
    threshold: np.ndarray
    nan_left: np.ndarray
    nan_is_zero: np.ndarray
    left: np.ndarray
    right: np.ndarray

    @property
    def nan_goes_left(self) -> np.ndarray:
        """Where a missing value goes left, whatever it stands as, shape (S,)."""
        return np.where(self.nan_is_zero, self.threshold >= 0.0, self.nan_left)

    def parted_leaves(self) -> tuple[np.ndarray, np.ndarray]:
        """The part that each split divides, shape (S,), and the leaf that each part is in the end, shape (S + 1,).

        All begins as part 0; a split's left side keeps the number of the part, its right side becomes part s + 1.
        """
        part, leaf = [0] * len(self.left), [0] * (len(self.left) + 1)
        for split, children in enumerate(zip(self.left.tolist(), self.right.tolist(), strict=True)):
            for child, number in zip(children, (part[split], split + 1), strict=True):
                if child < 0:
                    leaf[number] = ~child
                else:
                    part[child] = number
        return np.array(part, np.int64), np.array(leaf, np.int64)

    def inner(self, by_leaf: np.ndarray) -> np.ndarray:
        """Sums by inner node, shape (S, ...), of what is given by leaf, shape (S + 1, ...)."""
        inner = np.zeros((len(self.left), *by_leaf.shape[1:]), by_leaf.dtype)
        for node in range(len(self.left) - 1, -1, -1):
            inner[node] = self._at(self.left[node], inner, by_leaf) + self._at(
                self.right[node], inner, by_leaf
            )
        return inner

    def bounds(self, best: Callable[[np.ndarray], np.ndarray], sums: np.ndarray, directions: dict[int, int]):
        """Lowest and highest value of each leaf, shape (2, S + 1), that keep every feature's direction.

        `sums` is given by leaf and `best` makes the unbounded value of them. At a split of a monotone
        feature the middle of its sides' values parts them (LightGBM's basic method).
        """
        inner, n = self.inner(sums), len(self.left)
        low, high = np.full((2, n + n + 1), [[-np.inf], [np.inf]])
        for node in range(n):
            sides = self.left[node], self.right[node]
            a, b = (c if c >= 0 else n + ~c for c in sides)
            low[[a, b]], high[[a, b]] = low[node], high[node]
            sign = directions.get(int(self.feature[node]), 0)
            if sign:
                pair = np.clip(
                    best(np.stack([self._at(c, inner, sums) for c in sides])), low[node], high[node]
                )
                lower, upper = (a, b) if sign > 0 else (b, a)
                high[lower] = low[upper] = pair.mean()
        return np.stack([low[n:], high[n:]])

    @staticmethod
    def _at(child: int, inner: np.ndarray, by_leaf: np.ndarray) -> np.ndarray:
        return by_leaf[~child] if child < 0 else inner[child]
