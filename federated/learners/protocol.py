"""The one face of tree learners: what a bank, a coordinator and a strategy may ask of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from credit.encoding import Encoding
from credit.models import Model
from federated.averaging.splits import Splits


@dataclass(frozen=True)
class Structure:
    """A tree without its values: inner nodes, and the margins that every leaf holds a value of."""

    splits: Splits
    margins: tuple[int, ...]

    @property
    def leaves(self) -> int:
        return len(self.splits.feature) + 1


@dataclass(frozen=True)
class Shrinkage:
    """What holds a leaf's value back: size of a step, penalty on squared values, fewest records in a leaf."""

    step: float
    l2: float
    fewest: int


class TreeLearner(Protocol):
    """Grows, scores and joins trees of one library.

    A blob holds trees in the library's own terms (structure and leaf values, no statistics of records);
    K is the number of margins, T the number of trees in a blob. Where `symmetric`, all nodes of a level split alike.
    """

    family: str
    symmetric: bool
    n_margins: int
    monotone: dict[int, int]

    @property
    def most_leaves(self) -> int:
        """The most leaves of a tree."""
        ...

    @property
    def shrinkage(self) -> Shrinkage: ...

    def bind(self, X: np.ndarray, outcome: np.ndarray) -> Any:
        """Bin the records, X of shape (n, F), once; the result goes into every `propose`."""
        ...

    def compared(self, X: np.ndarray) -> np.ndarray:
        """X as the library compares it with thresholds, shape (n, F)."""
        ...

    def propose(self, data: Any, margin: np.ndarray, trees: int, seed: int) -> bytes:
        """Blob of up to `trees` trees a margin, boosted from `margin`, shape (n, K)."""
        ...

    def margins(self, blob: bytes, X: np.ndarray) -> np.ndarray:
        """Sum of the blob's trees, shape (n, K)."""
        ...

    def leaves(self, blob: bytes, X: np.ndarray) -> np.ndarray:
        """Leaf number of each record in each tree, shape (n, T)."""
        ...

    def leaf_sizes(self, blob: bytes) -> np.ndarray:
        """Number of leaves of each tree, shape (T,)."""
        ...

    def structures(self, blob: bytes) -> list[Structure]:
        """The blob's trees without their values."""
        ...

    def single_trees(self, blob: bytes) -> list[bytes]:
        """The blob taken apart: blobs of one tree a margin each."""
        ...

    def grown(self, trees: Sequence[Splits], n_features: int) -> bytes:
        """Blob of one tree a margin, of these inner nodes, every value zero; symmetric ones are all alike."""
        ...

    def with_values(self, blob: bytes, values: np.ndarray) -> bytes:
        """`blob` with these values: tree by tree, leaf by leaf, margin by margin."""
        ...

    def combine(self, blobs: Sequence[bytes], weights: Sequence[float]) -> bytes:
        """One blob whose margins are the weighted sum of those of `blobs`."""
        ...

    def finish(
        self,
        blob: bytes,
        base: Sequence[float],
        cover: np.ndarray,
        encoding: Encoding,
        classes: tuple[str, ...],
    ) -> Model:
        """The native model: constant `base` plus the blob's trees, with `cover` records in their leaves.

        `cover` has one value a leaf, trees in order; contributions (SHAP) weigh branches by it.
        """
        ...

    def continued(self, model: Model, blob: bytes, cover: np.ndarray, weight: float = 1.0) -> Model:
        """`weight` times `model`, of this family, with the blob's trees after its own.

        `cover` has the records in the blob's leaves.
        """
        ...

    def trees_of(self, model: Model, most: int) -> bytes:
        """Blob of the first `most` rounds of trees of `model`, which is of this family."""
        ...


def leaf_cover(learner: TreeLearner, blob: bytes, X: np.ndarray, rows: int = 8192) -> np.ndarray:
    """Records of X by leaf of the blob's trees, one value a leaf; additive over records and banks."""
    sizes = learner.leaf_sizes(blob)
    cover = [np.zeros(size, np.int64) for size in sizes]
    for first in range(0, len(X), rows):
        for counts, leaf in zip(cover, learner.leaves(blob, X[first : first + rows]).T, strict=True):
            counts += np.bincount(leaf, minlength=len(counts))
    return np.concatenate([np.zeros(0), *cover])


def bare(learner: TreeLearner, blob: bytes) -> bytes:
    """The blob's structures alone: every value zero."""
    outputs = sum(s.leaves * len(s.margins) for s in learner.structures(blob))
    return learner.with_values(blob, np.zeros(outputs))
