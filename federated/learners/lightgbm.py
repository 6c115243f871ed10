"""LightGBM inside a bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, ClassVar

import lightgbm as lgb
import numpy as np

from credit.encoding import Encoding
from credit.models import Model
from credit.models.lightgbm import LightGBMModel
from federated.averaging import lightgbm_text as text
from federated.averaging.forest import Forest
from federated.averaging.splits import Splits
from federated.learners.boosting import Boosting
from federated.learners.loss import gradients
from federated.learners.protocol import Shrinkage, Structure


@dataclass(frozen=True)
class LightGBMParams:
    """Shape of the trees and size of a step."""

    num_leaves: int = 15
    min_data_in_leaf: int = 20
    learning_rate: float = 0.1
    lambda_l2: float = 1.0
    max_bin: int = 127


@dataclass
class BinnedRecords:
    """A bank's records as LightGBM binned them; no dataset where they are too few to split."""

    dataset: lgb.Dataset | None
    outcome: np.ndarray
    n_features: int


class LightGBMLearner(Boosting[LightGBMParams]):
    """Boosts from a shared margin with gradients taken there, so one class boosts as well as two."""

    family: ClassVar[str] = "lightgbm"
    symmetric: ClassVar[bool] = False

    def bind(self, X: np.ndarray, outcome: np.ndarray) -> BinnedRecords:
        if len(outcome) < 2 * self.params.min_data_in_leaf:
            return BinnedRecords(None, outcome, X.shape[1])
        dataset = lgb.Dataset(X, outcome, params=self._library_params(X.shape[1], 0)).construct()
        # LightGBM leaves features out that can part no leaf of enough records, and fails without any.
        splits = any(dataset.feature_num_bin(column) for column in range(X.shape[1]))
        return BinnedRecords(dataset if splits else None, outcome, X.shape[1])

    def compared(self, X: np.ndarray) -> np.ndarray:
        return X

    def propose(self, data: BinnedRecords, margin: np.ndarray, trees: int, seed: int) -> bytes:
        steps = self._steps(margin, data.outcome)
        if data.dataset is None:
            return self._blob(steps, data.n_features)
        data.dataset.set_init_score(margin if self.n_margins > 1 else margin[:, 0])
        booster = lgb.Booster(self._library_params(data.n_features, seed), data.dataset)
        for _ in range(trees):
            booster.update(fobj=lambda scores, _: self._gradients(scores, data.outcome))
        grown = text.shared_trees(booster.model_to_string(), self.params.min_data_in_leaf)
        # Where no split pays, as with one class at a constant margin, LightGBM does not move at all.
        first = [g if text.leaf_size(g) > 1 else s for g, s in zip(grown, steps, strict=False)]
        return self._blob(first + grown[self.n_margins :], data.n_features)

    def margins(self, blob: bytes, X: np.ndarray) -> np.ndarray:
        total = np.zeros((len(X), self.n_margins))
        _read(blob).add(X, total)
        return total

    def leaves(self, blob: bytes, X: np.ndarray) -> np.ndarray:
        return _read(blob).leaves(X).T

    def leaf_sizes(self, blob: bytes) -> np.ndarray:
        return np.array([len(values) for values in _read(blob).values], np.int64)

    def structures(self, blob: bytes) -> list[Structure]:
        return [Structure(splits, (i % self.n_margins,)) for i, splits in enumerate(_read(blob).trees)]

    def single_trees(self, blob: bytes) -> list[bytes]:
        trees, features = text.trees(blob.decode()), _n_features(blob)
        starts = range(0, len(trees), self.n_margins)
        return [self._blob(trees[start : start + self.n_margins], features) for start in starts]

    def grown(self, trees: Sequence[Splits], n_features: int) -> bytes:
        bare = [text.tree_of(tree, np.zeros(len(tree.feature) + 1)) for tree in trees]
        return self._blob(bare, n_features)

    def with_values(self, blob: bytes, values: np.ndarray) -> bytes:
        trees = text.trees(blob.decode())
        parts = np.split(values, np.cumsum([text.leaf_size(t) for t in trees])[:-1])
        valued = [text.with_values(t, v) for t, v in zip(trees, parts, strict=True)]
        return self._blob(valued, _n_features(blob))

    @property
    def most_leaves(self) -> int:
        return self.params.num_leaves

    @property
    def shrinkage(self) -> Shrinkage:
        return Shrinkage(self.params.learning_rate, self.params.lambda_l2, self.params.min_data_in_leaf)

    def combine(self, blobs: Sequence[bytes], weights: Sequence[float]) -> bytes:
        pairs = zip(blobs, weights, strict=True)
        trees = [text.scaled(t, w) for blob, w in pairs for t in text.trees(blob.decode())]
        return self._blob(trees, _n_features(blobs[0]))

    def finish(
        self,
        blob: bytes,
        base: Sequence[float],
        cover: np.ndarray,
        encoding: Encoding,
        classes: tuple[str, ...],
    ) -> LightGBMModel:
        trees = _covered(blob, cover)
        native = text.document([*map(text.stump, base), *trees], encoding.features, self.n_margins)
        return LightGBMModel(encoding, classes, native)

    def continued(self, model: Model, blob: bytes, cover: np.ndarray, weight: float = 1.0) -> LightGBMModel:
        assert isinstance(model, LightGBMModel)
        features = model.encoding.features
        native = text.continued(model.text, weight, _covered(blob, cover), features, self.n_margins)
        return LightGBMModel(model.encoding, model.classes, native)

    def trees_of(self, model: Model, most: int) -> bytes:
        assert isinstance(model, LightGBMModel)
        # The first tree of each margin is the constant that `finish` writes.
        trees = text.trees(model.text)[self.n_margins : self.n_margins * (most + 1)]
        return self._blob(trees, len(model.encoding.features))

    def _blob(self, trees: Sequence[text.Tree], n_features: int) -> bytes:
        names = [f"f{i}" for i in range(n_features)]
        return text.document(trees, names, self.n_margins).encode()

    def _gradients(self, scores: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        g, h = gradients(scores.reshape(len(outcome), -1), outcome)
        return (g[:, 0], h[:, 0]) if self.n_margins == 1 else (g, h)

    def _steps(self, margin: np.ndarray, outcome: np.ndarray) -> list[text.Tree]:
        """One tree without a split for each margin: a Newton step of all records together, if not too few."""
        if len(outcome) < self.params.min_data_in_leaf:
            return [text.stump(0.0)] * self.n_margins
        g, h = gradients(margin, outcome)
        values = -self.params.learning_rate * g.sum(axis=0) / (h.sum(axis=0) + self.params.lambda_l2)
        return [text.stump(value) for value in values]

    def _library_params(self, n_features: int, seed: int) -> dict[str, Any]:
        return asdict(self.params) | {
            "objective": "none",
            "num_class": self.n_margins,
            "monotone_constraints": [self.monotone.get(i, 0) for i in range(n_features)],
            "boost_from_average": False,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.threads,
            "seed": seed,
            "verbosity": -1,
        }


@lru_cache(32)
def _read(blob: bytes) -> Forest:
    """The trees of `blob`; banks of one process read them once."""
    trees = text.trees(blob.decode())
    return Forest([text.splits(tree) for tree in trees], [text.leaf_values(tree) for tree in trees])


def _covered(blob: bytes, cover: np.ndarray) -> list[text.Tree]:
    trees = text.trees(blob.decode())
    parts = np.split(cover, np.cumsum([text.leaf_size(t) for t in trees])[:-1])
    return [text.covered(t, c) for t, c in zip(trees, parts, strict=True)]


def _n_features(blob: bytes) -> int:
    start = blob.index(b"max_feature_idx=") + len(b"max_feature_idx=")
    return int(blob[start : blob.index(b"\n", start)]) + 1
