"""What a LightGBM model asks of each feature, as the arrays that the kernel reads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_SPLITS = 255
"""of one tree"""
LONGEST = 31
"""features on one path"""
LANES = 4
SPLIT = np.dtype([
    ("threshold", "f8"), ("share", "f8", 2), ("above", "f8"), ("feature", "i4"), ("reading", "i4"),
    ("below", "i2", 2), ("former", "i2"), ("former_left", "i2"),
])  # fmt: skip
LARGEST = float(np.finfo(float).max)
CATEGORICAL, DEFAULT_LEFT, MISSING_ZERO, MISSING_NAN = 1, 2, 4, 8


class Unreadable(Exception):
    """A model outside what the kernel reads: the library explains it."""


@dataclass(frozen=True)
class Paths:
    """The arrays of `forest` in kernel.c, in its order."""

    first_split: np.ndarray
    vectors: np.ndarray
    splits: np.ndarray
    leaves: np.ndarray

    def check(self, features: int) -> None:
        """Raise Unreadable where an array points outside another: the kernel follows it without looking."""
        ends, splits, vectors = self.first_split, self.splits, self.vectors
        sizes = np.diff(ends)
        tree = np.repeat(np.arange(len(sizes)), np.maximum(sizes, 0))
        sound = (
            splits.dtype == SPLIT and self.leaves.dtype == float and ends.dtype == vectors.dtype == np.int64
            and len(ends) == len(vectors) + 1 and ends[0] == 0 and ends[-1] == len(splits) == len(tree)
            and len(self.leaves) == len(splits) + len(sizes) and bool(np.all((sizes >= 0) & (sizes <= MOST_SPLITS)))
            and bool(np.all((vectors >= 1) & (vectors <= (LONGEST + 1) // (2 * LANES))))
        )  # fmt: skip
        if not sound:
            raise Unreadable("the arrays do not fit each other")
        place, most = np.arange(len(splits)) - ends[tree], 2 * sizes[tree]
        below, former = splits["below"], splits["former"]
        inside = (
            (splits["feature"] >= 0) & (splits["feature"] < features)
            & (splits["reading"] >= 0) & (splits["reading"] < 2 * features)
            & np.all((below > place[:, None]) & (below <= most[:, None]), axis=1)
            & (former >= -1) & (former < place)
        )  # fmt: skip
        if not inside.all():
            raise Unreadable("a split points outside its tree")


@dataclass(frozen=True)
class _Node:
    """A node to be laid out: its number in the text (below nought: of a leaf) and where it hangs.

    `asked` is feature -> (last split above that asks it, side taken there, share of records that went this way).
    """

    number: int
    parent: int
    side: int
    asked: dict[int, tuple[int, int, float]]


def read_paths(text: str, margins: int, features: int) -> Paths:
    """The paths of a LightGBM model's text. Raises Unreadable where the kernel can't take it."""
    if "\naverage_output" in text:
        raise Unreadable("a random forest")
    splits, leaves, longest = zip(*(_laid_out(t, features) for t in _trees(text)), strict=True)
    if max(longest) > LONGEST:
        raise Unreadable(f"a path over more than {LONGEST} features")
    vectors = [1 + n // (2 * LANES) for n in longest]
    first_split = np.cumsum([0, *map(len, splits)], dtype=np.int64)
    return Paths(first_split, np.array(vectors, np.int64), np.concatenate(splits), np.concatenate(leaves))


def _laid_out(tree: dict[str, Any], features: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Splits from the root down and leaves of a tree, and the most features on one of its paths."""
    values, counts = _numbers(tree, "leaf_value", float), _numbers(tree, "leaf_count", int)
    inner, asks = _numbers(tree, "internal_count", int), list(_splits(tree))
    children = (_numbers(tree, "right_child", int), _numbers(tree, "left_child", int))
    splits, leaves, longest = np.zeros(len(asks), SPLIT), np.array(values), 0
    waiting, placed = deque([_Node(0 if asks else ~0, 0, 0, {})]), 0
    while waiting:
        node = waiting.popleft()
        place = placed if node.number >= 0 else len(asks) + ~node.number
        if asks and place:
            splits["below"][node.parent, node.side] = place
        if node.number < 0:
            longest = max(longest, len(node.asked))
            continue
        feature, threshold, missing_left = asks[node.number]
        former, side, above = node.asked.get(feature, (-1, 0, 1.0))
        below = [of_side[node.number] for of_side in children]
        records = [counts[~child] if child < 0 else inner[child] for child in below]
        shares = [n / max(inner[node.number], 1) for n in records]
        reading = feature + (0 if missing_left else features)
        splits[place] = (threshold, shares, above, feature, reading, 0, former, side)
        for side, (child, share) in enumerate(zip(below, shares, strict=True)):
            waiting.append(_Node(child, place, side, {**node.asked, feature: (place, side, above * share)}))
        placed += 1
    return splits, leaves, longest


def _trees(text: str) -> Iterator[dict[str, Any]]:
    for block in text.split("\nTree=")[1:]:
        lines = block.partition("\n\n")[0].splitlines()
        fields = dict(line.split("=", 1) for line in lines[1:] if "=" in line)
        if fields.get("num_cat", "0") != "0" or fields.get("is_linear", "0") != "0":
            raise Unreadable("categorical splits or linear leaves")
        if int(fields["num_leaves"]) - 1 > MOST_SPLITS:
            raise Unreadable(f"a tree of more than {MOST_SPLITS} splits")
        yield fields


def _numbers(tree: dict[str, Any], name: str, kind: type) -> list[Any]:
    return [kind(t) for t in tree.get(name, "").split()]


def _splits(tree: dict[str, Any]) -> Iterator[tuple[int, float, bool]]:
    """Feature, threshold, and whether a missing value goes left, of each split."""
    kinds = _numbers(tree, "decision_type", int)
    if any(k & (CATEGORICAL | MISSING_ZERO) for k in kinds):
        raise Unreadable("categorical splits, or zero as missing")
    # A threshold of infinity asks whether the value is known; the kernel reads a missing one as infinite.
    thresholds = [min(t, LARGEST) for t in _numbers(tree, "threshold", float)]
    # Where training saw no missing value, the library reads one as nought.
    missing = (
        bool(k & DEFAULT_LEFT) if k & MISSING_NAN else t >= 0 for k, t in zip(kinds, thresholds, strict=True)
    )
    return zip(_numbers(tree, "split_feature", int), thresholds, missing, strict=True)
