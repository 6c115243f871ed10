"""CatBoost's symmetric trees as its JSON format holds them, taken apart and put together again.

Only splits and leaf values travel. Leaf weights, borders that no split uses, and the model's own account
of its training stay at the bank.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from federated.averaging.splits import Splits

Tree = dict[str, Any]
# Of a leaf without records: where its weight is zero, CatBoost's SHAP values depend on what is asked with them.
NEXT_TO_NOTHING = 1e-6


def trees(document: dict[str, Any], fewest: int, monotone: Mapping[int, int] | None = None) -> list[Tree]:
    """The trees of a CatBoost JSON model: `splits` as [feature, border], and `leaf_values`.

    A leaf of less than `fewest` records stays where it is: its value would tell of those few. Where
    `monotone` gives features a direction, it goes as far as the leaves around it ask.
    """
    return [
        {
            "splits": [[s["float_feature_index"], s["border"]] for s in tree["splits"] or []],
            "leaf_values": _shared_values(tree, fewest, monotone or {}),
        }
        for tree in document["oblivious_trees"]
    ]


def dump(trees: Sequence[Tree]) -> bytes:
    """`trees` as bytes."""
    return json.dumps(list(trees), separators=(",", ":")).encode()


def load(blob: bytes) -> list[Tree]:
    """What `dump` wrote."""
    return json.loads(blob)


def scaled(tree: Tree, weight: float) -> Tree:
    """`tree` with every leaf value times `weight`."""
    return tree | {"leaf_values": [weight * v for v in tree["leaf_values"]]}


def leaf_size(tree: Tree) -> int:
    """Number of leaves."""
    return 2 ** len(tree["splits"])


def leaf_numbers(tree: Tree, columns: np.ndarray) -> np.ndarray:
    """Leaf of each record, shape (n,); `columns` is X transposed in single precision, as CatBoost reads it.

    A missing value is above no border, which is what CatBoost's `AsFalse` means.
    """
    leaf = np.zeros(columns.shape[1], np.int64)
    for bit, (feature, border) in enumerate(tree["splits"]):
        leaf |= (columns[feature] > np.float32(border)).astype(np.int64) << bit
    return leaf


def leaf_values(tree: Tree) -> np.ndarray:
    """Leaf values, shape (leaves, K)."""
    return np.array(tree["leaf_values"]).reshape(leaf_size(tree), -1)


def with_values(tree: Tree, values: np.ndarray) -> Tree:
    """`tree` with these leaf values, leaf by leaf and margin by margin."""
    return tree | {"leaf_values": values.ravel().tolist()}


def splits(tree: Tree) -> Splits:
    """The symmetric tree as a complete binary one: its bit `d` is the side taken at depth `d`."""
    depth = len(tree["splits"])
    levels = [np.arange(2**d) for d in range(depth)]
    below = [2 ** (d + 1) - 1 + np.arange(2 ** (d + 1)) for d in range(depth)]
    if depth:
        below[-1] = ~np.arange(2**depth)
    feature, border = zip(*tree["splits"], strict=True) if depth else ((), ())
    everywhere = np.ones(2**depth - 1, bool)
    return Splits(
        feature=np.repeat(np.array(feature, np.int64), [len(n) for n in levels]),
        threshold=np.repeat(np.array(border, float), [len(n) for n in levels]),
        nan_left=everywhere,
        nan_is_zero=~everywhere,
        left=np.concatenate([np.zeros(0, np.int64), *(b[n] for b, n in zip(below, levels, strict=True))]),
        right=np.concatenate(
            [
                np.zeros(0, np.int64),
                *(b[n + 2**d] for d, (b, n) in enumerate(zip(below, levels, strict=True))),
            ]
        ),
    )


def symmetric(splits: Splits, n_margins: int) -> Tree:
    """The tree of complete binary `splits`, level by level alike, with `n_margins` zeros a leaf.

    Borders are held in single precision, and rounded down: no value of that precision lies in between.
    """
    depth = len(splits.feature).bit_length()
    firsts = 2 ** np.arange(depth) - 1
    thresholds = splits.threshold[firsts]
    borders = thresholds.astype(np.float32)
    borders = np.where(borders > thresholds, np.nextafter(borders, np.float32(-np.inf)), borders)
    pairs = zip(splits.feature[firsts].tolist(), borders.tolist(), strict=True)
    return {"splits": [list(pair) for pair in pairs], "leaf_values": [0.0] * (2**depth * n_margins)}


def document(
    trees: Sequence[Tree], cover: np.ndarray, base: Sequence[float], n_features: int
) -> dict[str, Any]:
    """A JSON model that CatBoost loads; `cover` has the records of each leaf, trees in order."""
    borders = _borders(trees, n_features)
    starts = np.cumsum([0, *(len(b) for b in borders)])
    index = {(f, b): int(starts[f]) + i for f, bs in enumerate(borders) for i, b in enumerate(bs)}
    ends = np.cumsum([leaf_size(t) for t in trees])
    parts = np.split(cover, ends[:-1]) if len(trees) else []
    return {
        "model_info": _info(len(base)),
        "features_info": {"float_features": [_feature(f, b) for f, b in enumerate(borders)]},
        "oblivious_trees": [_native(t, c, index) for t, c in zip(trees, parts, strict=True)],
        "scale_and_bias": [1, list(base)],
    }


def _shared_values(tree: dict[str, Any], fewest: int, monotone: Mapping[int, int]) -> list[float]:
    """Leaf values, leaf by leaf and margin by margin, zero where a leaf holds less than `fewest` records.

    Between leaves of a direction zero may lie too high or too low: it is clipped to the large leaves' values.
    """
    weights = np.array(tree["leaf_weights"])
    values = np.array(tree["leaf_values"], float).reshape(len(weights), -1)
    large = weights >= fewest
    shared = np.where(large[:, None], values, 0.0)
    if values.shape[1] == 1 and large.any():
        below = _below(tree, monotone)
        low = np.where(below & large[None, :], values.T, -np.inf).max(axis=1)
        high = np.where(below.T & large[None, :], values.T, np.inf).min(axis=1)
        shared[~large, 0] = np.clip(0.0, low[~large], high[~large])
    return shared.ravel().tolist()


def _below(tree: dict[str, Any], monotone: Mapping[int, int]) -> np.ndarray:
    """Whether leaf j may not lie above leaf i, shape (leaves, leaves): j's side is lower in each direction."""
    directions = np.array([monotone.get(s["float_feature_index"], 0) for s in tree["splits"] or []], int)
    bits = (np.arange(2 ** len(directions))[:, None] >> np.arange(len(directions))) & 1
    apart = (bits[:, None, :] - bits[None, :, :]) * np.where(directions == 0, 1, directions)
    return np.where(directions == 0, apart == 0, apart >= 0).all(axis=2)


def _info(n_margins: int) -> dict[str, Any]:
    """Loss and classes, without which CatBoost guesses them aloud."""
    loss, classes = (
        "Logloss" if n_margins == 1 else "MultiClass",
        list(range(max(n_margins, 2))),
    )
    return {
        "params": {
            "loss_function": {"type": loss, "params": {}},
            "flat_params": {"loss_function": loss},
        },
        "class_params": {
            "class_label_type": "Integer",
            "class_names": classes,
            "class_to_label": classes,
            "classes_count": 0,
        },
    }


def _borders(trees: Sequence[Tree], n_features: int) -> list[list[float]]:
    found: list[set[float]] = [set() for _ in range(n_features)]
    for tree in trees:
        for feature, border in tree["splits"]:
            found[feature].add(border)
    return [sorted(borders) for borders in found]


def _feature(number: int, borders: list[float]) -> dict[str, Any]:
    return {
        "borders": borders,
        "feature_id": "",
        "feature_index": number,
        "flat_feature_index": number,
        "has_nans": True,
        "nan_value_treatment": "AsFalse",
    }


def _native(tree: Tree, cover: np.ndarray, index: dict[tuple[int, float], int]) -> dict[str, Any]:
    splits = [
        {
            "border": border,
            "float_feature_index": feature,
            "split_index": index[feature, border],
            "split_type": "FloatFeature",
        }
        for feature, border in tree["splits"]
    ]
    weights = np.maximum(cover, NEXT_TO_NOTHING) if cover.any() else np.ones(len(cover))
    return {
        "leaf_values": tree["leaf_values"],
        "leaf_weights": weights.tolist(),
        "splits": splits,
    }
