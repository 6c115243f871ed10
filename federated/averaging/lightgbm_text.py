"""LightGBM's model text taken apart and put together again.

Only the lines of `KEPT` travel. The rest of a model text tells about the bank's records: leaf and node
counts and weights, gains, each feature's smallest and largest value, and the training parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from federated.averaging.splits import Splits

NAN_LEFT, MISSING_TYPE, NAN_IS_MISSING = 2, 12, 8

KEPT = (
    "num_leaves",
    "num_cat",
    "split_feature",
    "threshold",
    "decision_type",
    "left_child",
    "right_child",
    "leaf_value",
    "is_linear",
    "shrinkage",
)
STUMP = {"num_leaves": "1", "num_cat": "0", "is_linear": "0", "shrinkage": "1"}

Tree = dict[str, str]


def trees(text: str) -> list[Tree]:
    """The trees of a model text as their kept lines."""
    return [_kept(tree) for tree in _whole_trees(text)]


def shared_trees(text: str, fewest: int) -> list[Tree]:
    """The trees of a bank's model text as they may travel.

    A leaf of less than `fewest` records stays where it is: its value would tell of those few. LightGBM's
    own limit is an estimate from second derivatives.
    """
    return [_kept(_emptied(tree, fewest)) for tree in _whole_trees(text)]


def continued(
    text: str, weight: float, trees: Sequence[Tree], features: Sequence[str], n_margins: int
) -> str:
    """A whole model text with `trees` after its own, which keep all they hold, their values times `weight`."""
    own = (scaled(tree, weight) for tree in _whole_trees(text))
    return document([*own, *trees], features, n_margins)


def document(trees: Sequence[Tree], features: Sequence[str], n_margins: int) -> str:
    """A model text that LightGBM loads, of `trees` in iteration order, one a margin."""
    blocks = [
        f"Tree={i}\n" + "".join(f"{k}={v}\n" for k, v in t.items()) + "\n\n" for i, t in enumerate(trees)
    ]
    objective = "binary sigmoid:1" if n_margins == 1 else f"multiclass num_class:{n_margins}"
    head = {
        "version": "v4",
        "num_class": n_margins,
        "num_tree_per_iteration": n_margins,
        "label_index": 0,
        "max_feature_idx": len(features) - 1,
        "objective": objective,
        "feature_names": " ".join(features),
        "feature_infos": " ".join(["none"] * len(features)),
        "tree_sizes": " ".join(str(len(b)) for b in blocks),
    }
    lines = "".join(f"{k}={v}\n" for k, v in head.items())
    return f"tree\n{lines}\n{''.join(blocks)}end of trees\n\npandas_categorical:null\n"


def scaled(tree: Tree, weight: float) -> Tree:
    """`tree` with every leaf value times `weight`."""
    return with_values(tree, weight * leaf_values(tree))


def stump(value: float) -> Tree:
    """A tree of one leaf, which adds `value` to every record's margin."""
    return STUMP | {"leaf_value": repr(float(value))}


def leaf_size(tree: Tree) -> int:
    """Number of leaves."""
    return int(tree["num_leaves"])


def splits(tree: Tree) -> Splits:
    """The inner nodes of `tree`; it must split numbers only."""
    feature, kind, left, right = (
        _column(tree, key, np.int64)
        for key in ("split_feature", "decision_type", "left_child", "right_child")
    )
    nan_left, nan_is_zero = (kind & NAN_LEFT) > 0, (kind & MISSING_TYPE) != NAN_IS_MISSING
    return Splits(feature, _column(tree, "threshold", np.float64), nan_left, nan_is_zero, left, right)


def tree_of(splits: Splits, values: np.ndarray) -> Tree:
    """The tree of these inner nodes and leaf values; without any, a stump."""
    if not len(splits.feature):
        return stump(values[0])
    kind = np.where(splits.nan_left, NAN_LEFT, 0) + np.where(splits.nan_is_zero, 0, NAN_IS_MISSING)
    return STUMP | {
        "num_leaves": str(len(values)),
        "split_feature": _join(splits.feature),
        "threshold": _join(splits.threshold),
        "decision_type": _join(kind),
        "left_child": _join(splits.left),
        "right_child": _join(splits.right),
        "leaf_value": _join(values),
    }


def leaf_values(tree: Tree) -> np.ndarray:
    """Leaf values, shape (leaves,)."""
    return _column(tree, "leaf_value", np.float64)


def with_values(tree: Tree, values: np.ndarray) -> Tree:
    """`tree` with these leaf values."""
    return tree | {"leaf_value": _join(values)}


def covered(tree: Tree, cover: np.ndarray) -> Tree:
    """`tree` with records by leaf, shape (leaves,), and their sums by inner node written in.

    A leaf that no bank reports a record of counts as one: a share of nothing is not a number.
    """
    counts = np.maximum(cover, 1.0).astype(np.int64)
    if leaf_size(tree) == 1:
        return tree | {"leaf_count": str(counts[0])}
    return tree | {
        "leaf_count": _join(counts),
        "internal_count": _join(splits(tree).inner(counts)),
    }


def _column(tree: Tree, key: str, kind: type) -> np.ndarray:
    return np.array(tree.get(key, "").split(), kind)


def _whole_trees(text: str) -> list[Tree]:
    body = text.split("\nend of trees", 1)[0]
    blocks = body.split("\nTree=")[1:]
    return [dict(line.split("=", 1) for line in b.splitlines()[1:] if "=" in line) for b in blocks]


def _kept(tree: Tree) -> Tree:
    return {key: tree[key] for key in KEPT if key in tree}


def _emptied(tree: Tree, fewest: int) -> Tree:
    counts, values = (np.array(tree[key].split(), float) for key in ("leaf_count", "leaf_value"))
    if leaf_size(tree) == 1 or counts.min() >= fewest:
        return tree
    return tree | {"leaf_value": _join(np.where(counts >= fewest, values, 0.0))}


def _join(values: np.ndarray) -> str:
    return " ".join(map(repr, values.tolist()))
