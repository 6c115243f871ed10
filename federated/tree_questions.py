"""Which nodes of which growing trees the coordinator asks the banks' histograms of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

NODES = "nodes"
SPLIT, WANTED = 6, 2
BEYOND = 2**15


def packed_nodes(splits: np.ndarray, wanted: np.ndarray) -> bytes:
    """Splits so far, shape (S, 6), and wanted nodes, (W, 2), as `questions_of` reads them."""
    return np.concatenate([[len(splits)], splits.ravel(), wanted.ravel()]).astype("<i2").tobytes()


def unpacked_nodes(blob: bytes) -> tuple[np.ndarray, np.ndarray]:
    """What `packed_nodes` packed."""
    count, *_ = numbers = np.frombuffer(blob, "<i2").astype(np.int64)
    splits, wanted = np.split(numbers[1:], [count * SPLIT])
    return splits.reshape(-1, SPLIT), wanted.reshape(-1, WANTED)


@dataclass(frozen=True)
class TreeQuestion:
    """What is asked of one tree: `steps`, a row (divided leaf, feature, code, missing left) a split, and nodes.

    `wanted` has a row (slot in the answer, leaf) a wanted node.
    """

    tree: int
    steps: np.ndarray
    wanted: np.ndarray

    @cached_property
    def path(self) -> bytes:
        """The steps as bytes: the path of a tree begins with that of the tree it grew from."""
        return self.steps.tobytes()

    @cached_property
    def features(self) -> int:
        """How many features records must have to be parted."""
        return int(self.steps[:, 1].max(initial=-1)) + 1 if self.steps[:, 1].min(initial=0) >= 0 else BEYOND

    @cached_property
    def leaves(self) -> int:
        """How many leaves the tree must have."""
        return int(self.wanted[:, 1].max()) + 1 if self.wanted[:, 1].min() >= 0 else BEYOND


def tree_questions(splits: np.ndarray, wanted: np.ndarray) -> list[TreeQuestion]:
    """`wanted` by tree: of it a row (tree, leaf), of `splits` one (tree, feature, code, missing left, left, right).

    Splits go by tree, parents before children; a child below zero is a leaf. A split's left side keeps the
    number of the leaf that it divides.
    """
    asked = np.column_stack([wanted[:, 0], np.arange(len(wanted)), wanted[:, 1]])
    return [
        TreeQuestion(tree, _steps(splits[splits[:, 0] == tree]), asked[asked[:, 0] == tree, 1:])
        for tree in dict.fromkeys(wanted[:, 0].tolist())
    ]


@lru_cache(16)
def questions_of(blob: bytes) -> list[TreeQuestion]:
    """The questions of `packed_nodes`; banks of one process read them once."""
    return tree_questions(*unpacked_nodes(blob))


def _steps(splits: np.ndarray) -> np.ndarray:
    """Rows (divided leaf, feature, code, missing left) of one tree's splits."""
    steps = np.ascontiguousarray(splits[:, :4])
    steps[:, 0] = 0
    for number, (left, right) in enumerate(splits[:, 4:].tolist()):
        if left >= 0:
            steps[left, 0] = steps[number, 0]
        if right >= 0:
            steps[right, 0] = number + 1
    return steps
