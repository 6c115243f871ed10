"""Trees grown level by level at the coordinator, from histograms summed over banks.

As XGBoost's `hist` with depth-wise growth (Chen & Guestrin 2016) and SecureBoost's horizontal kin do, but a
level asks only for the smaller child of each split: its sibling is the parent less the child.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from federated.averaging.splits import Splits
from federated.bins import Bins
from federated.learners.protocol import Shrinkage
from federated.split_search import Split, best_split, value
from federated.symmetric_search import common_split

Ask = Callable[[np.ndarray, np.ndarray], np.ndarray | None]


@dataclass(frozen=True)
class Growth:
    """Bins, limits and directions that all trees grow by; `directions` has one sign a feature.

    In `symmetric` trees all nodes of a level, and the trees of all margins, split alike.
    """

    bins: Bins
    leaves: int
    shrinkage: Shrinkage
    directions: np.ndarray
    symmetric: bool = False

    @property
    def depth(self) -> int:
        return int(np.ceil(np.log2(self.leaves)))


@dataclass
class Leaf:
    """A node without a split as yet: its sums of g, h and records, its histogram once known, its bounds."""

    total: np.ndarray
    low: float = -np.inf
    high: float = np.inf
    histogram: np.ndarray | None = None


@dataclass
class Tree:
    """A growing tree: rows (feature, code, missing left, left, right), and its leaves by number."""

    splits: list[list[int]] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    parents: list[tuple[int, int]] = field(default_factory=list)

    def grow(self, number: int, split: Split, growth: Growth) -> tuple[int, int]:
        """Split leaf `number`: it becomes the left leaf, a new one the right. Returns both, the smaller first."""
        node, right = len(self.splits), len(self.leaves)
        self.splits.append([split.feature, split.code, int(split.nan_left), ~number, ~right])
        if node:
            parent, side = self.parents[number]
            self.splits[parent][side] = node
        else:
            self.parents.append((0, 3))
        self.parents[number] = (node, 3)
        self.parents.append((node, 4))
        self.leaves[number], new = _children(self.leaves[number], split, growth)
        self.leaves.append(new)
        return (number, right) if split.left[2] <= split.right[2] else (right, number)


def grow_trees(count: int, growth: Growth, ask: Ask) -> list[Tree]:
    """`count` trees, one a margin, grown side by side in at most `growth.depth` questions.

    `ask(splits, wanted)` gives the summed histograms of the wanted nodes, as `CodedRecords.histograms` lays them
    out. Where it gives None, because the banks behind the sums changed, trees end as they stand.
    """
    trees = [Tree() for _ in range(count)]
    pairs = [(tree, 0, -1) for tree in range(count)]
    for _ in range(growth.depth):
        sums = ask(*_question(trees, pairs)) if pairs else None
        if sums is None:
            break
        for (number, small, large), histogram in zip(pairs, sums, strict=True):
            _learn(trees[number], small, large, histogram, growth)
        pairs = _grow_alike(trees, growth) if growth.symmetric else _grow_apart(trees, growth, pairs)
    return trees


def roots(count: int) -> tuple[np.ndarray, np.ndarray]:
    """What `grow_trees` asks first: no splits, and the root of each of `count` trees."""
    return _question([], [(tree, 0, -1) for tree in range(count)])


def native_splits(tree: Tree, bins: Bins) -> Splits:
    """The inner nodes of a grown tree, with thresholds for codes."""
    rows = np.array(tree.splits, np.int64).reshape(-1, 5)
    thresholds = np.array([bins.threshold(f, c) for f, c in rows[:, :2]], float)
    never = np.zeros(len(rows), bool)
    return Splits(rows[:, 0], thresholds, rows[:, 2] == 1, never, rows[:, 3], rows[:, 4])


def leaf_values(tree: Tree, shrinkage: Shrinkage) -> np.ndarray:
    """Leaf values, shape (leaves,), times the step."""
    return shrinkage.step * np.array([_value(leaf, shrinkage) for leaf in tree.leaves])


def _learn(tree: Tree, small: int, large: int, histogram: np.ndarray, growth: Growth) -> None:
    """Give the asked node its histogram, and its sibling what the parent's leaves for it."""
    if not tree.leaves:
        first = histogram[: growth.bins.starts[1]]
        tree.leaves.append(Leaf(first.sum(axis=0), histogram=histogram))
        return
    parent = tree.leaves[large].histogram
    assert parent is not None
    tree.leaves[small].histogram, tree.leaves[large].histogram = histogram, parent - histogram


def _grow_alike(trees: list[Tree], growth: Growth) -> list[tuple[int, int, int]]:
    """Split every leaf of all trees alike, where that gains; returns (tree, smaller child, larger child)."""
    leaves = [(tree, leaf) for tree in range(len(trees)) for leaf in range(len(trees[tree].leaves))]
    known = [trees[tree].leaves[leaf].histogram for tree, leaf in leaves]
    limits, histograms = growth.shrinkage, np.stack([h for h in known if h is not None])
    splits = common_split(histograms, growth.bins.starts, growth.directions, limits.l2, limits.fewest)
    if splits is None:
        return []
    return [
        (tree, *trees[tree].grow(leaf, split, growth))
        for (tree, leaf), split in zip(leaves, splits, strict=True)
    ]


def _grow_apart(
    trees: list[Tree], growth: Growth, level: list[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    """Split the leaves of `level`, each as suits it; returns (tree, smaller child, larger child)."""
    return [
        (number, *pair)
        for number, tree in enumerate(trees)
        for pair in _grow_level(tree, growth, {p[i] for p in level if p[0] == number for i in (1, 2)})
    ]


def _grow_level(tree: Tree, growth: Growth, level: set[int]) -> list[tuple[int, int]]:
    """Split the level's leaves where that gains, the best first; returns (smaller, larger) children."""
    found = [(number, _best(tree.leaves[number], growth)) for number in sorted(level - {-1})]
    gaining = [(number, split) for number, split in found if split is not None]
    gaining.sort(key=lambda pair: -pair[1].gain)
    room = growth.leaves - len(tree.leaves)
    grown = [tree.grow(number, split, growth) for number, split in gaining[:room]]
    return [pair for pair in grown if _large_enough(tree.leaves[pair[1]], growth)]


def _best(leaf: Leaf, growth: Growth) -> Split | None:
    if leaf.histogram is None or not _large_enough(leaf, growth):
        return None
    limits = growth.shrinkage
    return best_split(
        leaf.histogram,
        growth.bins.starts,
        leaf.total,
        growth.directions,
        limits.l2,
        limits.fewest,
        (leaf.low, leaf.high),
    )


def _large_enough(leaf: Leaf, growth: Growth) -> bool:
    return leaf.total[2] >= 2 * growth.shrinkage.fewest


def _children(parent: Leaf, split: Split, growth: Growth) -> tuple[Leaf, Leaf]:
    """Both sides of a split; the middle of their values parts them where the feature is monotone.

    The larger one keeps the parent's histogram until the smaller one's is known.
    """
    sides = [Leaf(total, parent.low, parent.high) for total in (split.left, split.right)]
    sign = growth.directions[split.feature]
    if sign:
        middle = sum(_value(side, growth.shrinkage) for side in sides) / 2.0
        lower, upper = sides if sign > 0 else sides[::-1]
        lower.high = upper.low = middle
    larger = sides[1] if split.left[2] <= split.right[2] else sides[0]
    larger.histogram = parent.histogram
    return sides[0], sides[1]


def _value(leaf: Leaf, shrinkage: Shrinkage) -> float:
    return value(leaf.total[0], leaf.total[1], shrinkage.l2, leaf.low, leaf.high)


def _question(trees: list[Tree], pairs: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """All splits so far, and (tree, smaller child) of each of `pairs`."""
    rows = [[number, *split] for number, tree in enumerate(trees) for split in tree.splits]
    return np.array(rows, np.int64).reshape(-1, 6), np.array([pair[:2] for pair in pairs], np.int64)
