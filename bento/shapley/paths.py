"""What each leaf of a LightGBM model asks of each feature, as the arrays that the kernel reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

MOST_SPLITS = 64
"""of one tree: a bit each"""
LONGEST = 32
"""features on one path"""
LANES = 4
STEP = np.dtype([(n, k, LANES) for n, k in (("mask", "u8"), ("want", "u8"), ("share", "f8"), ("slot", "i8"))])
GROUP = np.dtype([("value", "f8", LANES), ("tree", "i8", LANES), ("margin", "i8", LANES)])
CATEGORICAL, DEFAULT_LEFT, MISSING_ZERO, MISSING_NAN = 1, 2, 4, 8


class Unreadable(Exception):
    """A model outside what the kernel reads: the library explains it."""


@dataclass(frozen=True)
class Paths:
    """The arrays of `forest` in kernel.c, in its order."""

    tree_splits: np.ndarray
    split_feature: np.ndarray
    split_threshold: np.ndarray
    split_missing_left: np.ndarray
    groups_of: np.ndarray
    groups: np.ndarray
    steps: np.ndarray


@dataclass(frozen=True)
class _Leaf:
    tree: int
    margin: int
    value: float
    steps: tuple[tuple[int, int, float, int], ...]
    """mask, want, share and slot of each feature on the path"""


def read_paths(text: str, margins: int, features: int) -> Paths:
    """The paths of a LightGBM model's text. Raises Unreadable where the kernel can't take it."""
    if "\naverage_output" in text:
        raise Unreadable("a random forest")
    splits: list[tuple[int, float, bool]] = []
    tree_splits, leaves = [0], []
    for number, tree in enumerate(_trees(text)):
        splits += _splits(tree)
        tree_splits.append(len(splits))
        margin = number % margins
        for value, path in _leaves(tree):
            steps = tuple((*step, margin * (features + 1) + feature) for feature, step in path.items())
            leaves.append(_Leaf(number, margin, value, steps))
    feature, threshold, missing = zip(*splits, strict=True) if splits else ((), (), ())
    return Paths(
        np.array(tree_splits, dtype=np.int64),
        np.array(feature, dtype=np.int32),
        np.array(threshold, dtype=np.float64),
        np.array(missing, dtype=np.uint8),
        *_grouped(leaves),
    )


def _grouped(leaves: list[_Leaf]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leaves four by four with others whose path has as many features, the last filled up with leaves of nought."""
    groups, steps, groups_of = [], [], [0]
    for length in range(LONGEST + 1):
        same = [leaf for leaf in leaves if len(leaf.steps) == length]
        for start in range(0, len(same), LANES):
            four = same[start : start + LANES]
            four += [replace(four[-1], value=0.0)] * (LANES - len(four))
            groups.append(
                tuple(tuple(getattr(leaf, n) for leaf in four) for n in ("value", "tree", "margin"))
            )
            steps += [
                tuple(zip(*four_steps, strict=True))
                for four_steps in zip(*(f.steps for f in four), strict=True)
            ]
        groups_of.append(len(groups))
    if sum(len(leaf.steps) > LONGEST for leaf in leaves):
        raise Unreadable(f"a path over more than {LONGEST} features")
    return np.array(groups_of, dtype=np.int64), np.array(groups, dtype=GROUP), np.array(steps, dtype=STEP)


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


def _splits(tree: dict[str, Any]) -> list[tuple[int, float, bool]]:
    """Feature, threshold, and whether a missing value goes left, of each split."""
    kinds = _numbers(tree, "decision_type", int)
    if any(k & (CATEGORICAL | MISSING_ZERO) for k in kinds):
        raise Unreadable("categorical splits, or zero as missing")
    thresholds = _numbers(tree, "threshold", float)
    # Where training saw no missing value, the library reads one as nought.
    missing = [
        bool(k & DEFAULT_LEFT) if k & MISSING_NAN else t >= 0 for k, t in zip(kinds, thresholds, strict=True)
    ]
    return list(zip(_numbers(tree, "split_feature", int), thresholds, missing, strict=True))


def _leaves(tree: dict[str, Any]) -> Iterator[tuple[float, dict[int, tuple[int, int, float]]]]:
    """Each leaf's value and path: feature -> (mask of its splits, the ways taken, share of records that do)."""
    values, counts = _numbers(tree, "leaf_value", float), _numbers(tree, "leaf_count", int)
    if len(values) == 1:
        yield values[0], {}
        return
    inner, feature = _numbers(tree, "internal_count", int), _numbers(tree, "split_feature", int)
    children = (_numbers(tree, "right_child", int), _numbers(tree, "left_child", int))
    waiting: list[tuple[int, dict[int, tuple[int, int, float]]]] = [(0, {})]
    while waiting:
        node, path = waiting.pop()
        if node < 0:
            yield values[~node], path
            continue
        for left in (0, 1):
            child = children[left][node]
            records = counts[~child] if child < 0 else inner[child]
            mask, want, share = path.get(feature[node], (0, 0, 1.0))
            step = (mask | 1 << node, want | left << node, share * records / max(inner[node], 1))
            waiting.append((child, {**path, feature[node]: step}))
