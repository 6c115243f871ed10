"""What a bank's own records tell of each category, as trees of one split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from credit.encoding import Encoding, smoothed_counts
from federated.averaging.splits import Splits
from federated.learners.protocol import TreeLearner
from federated.tasks.task import Part


def category_evidence(learner: TreeLearner, part: Part, encoding: Encoding) -> list[bytes]:
    """Blobs whose sum adds to a record's margins the smoothed weight of evidence of each of its categories.

    Numbers that stand for levels follow the consortium's outcomes; where a bank's own differ, few
    records would have to find that out split by split.
    """
    columns = {f: encoding.features.index(f) for f in encoding.levels if f in encoding.features}
    return [
        stump
        for feature, column in columns.items()
        for stump in _stumps(learner, part, column, np.array([*encoding.levels[feature].values()]))
    ]


def constant(learner: TreeLearner, values: np.ndarray, n_features: int) -> bytes:
    """Blob that adds `values`, shape (K,), to every record's margins."""
    return _valued(learner, [], values[None, :], n_features)


def _stumps(learner: TreeLearner, part: Part, column: int, levels: np.ndarray) -> Iterator[bytes]:
    """A constant for the lowest level, then at each higher one the change from the one below."""
    n_features = part.X.shape[1]
    every = np.zeros((len(levels), n_features))
    every[:, column] = levels
    codes = np.unique(learner.compared(every)[:, column])
    place = np.searchsorted(codes, learner.compared(part.X)[:, column])
    classes = max(2, learner.n_margins)
    counts = np.bincount(place * classes + part.outcome, minlength=len(codes) * classes)
    evidence = _evidence(counts.reshape(len(codes), classes).astype(float))
    yield constant(learner, evidence[0], n_features)
    for code, change in zip(codes[:-1], np.diff(evidence, axis=0), strict=True):
        if change.any():
            values = np.stack([np.zeros_like(change), change])
            yield _valued(learner, [(column, float(code))], values, n_features)


def _evidence(counts: np.ndarray) -> np.ndarray:
    """Smoothed log odds (two classes) or log shares of each level relative to all records, shape (L, K)."""
    smoothed, share = smoothed_counts(counts, counts.sum(axis=0))
    logs = np.log(smoothed / smoothed.sum(axis=1, keepdims=True)) - np.log(share)
    return logs[:, 1:] - logs[:, :1] if counts.shape[1] == 2 else logs


def _valued(learner: TreeLearner, at: list[tuple[int, float]], values: np.ndarray, n_features: int) -> bytes:
    """Blob of the splits `at` (one or none) with `values` of shape (leaves, K)."""
    feature, threshold = (np.array([a[i] for a in at]) for i in range(2))
    none, below = np.zeros(len(at), bool), -1 - np.arange(len(at))
    splits = Splits(feature.astype(np.int64), threshold.astype(float), ~none, none, below, below - 1)
    blob = learner.grown([splits] * learner.n_margins, n_features)
    parts = [values[:, list(s.margins)].ravel() for s in learner.structures(blob)]
    return learner.with_values(blob, np.concatenate(parts))
