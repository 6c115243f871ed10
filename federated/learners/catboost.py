"""CatBoost inside a bank: symmetric trees over numeric features."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import catboost as cb
import numpy as np

from credit.encoding import Encoding
from credit.models import Model
from credit.models.catboost import ALONE, CatBoostModel
from federated.averaging import catboost_json as text
from federated.averaging.splits import Splits
from federated.learners.boosting import Boosting
from federated.learners.protocol import Shrinkage, Structure


@dataclass(frozen=True)
class CatBoostParams:
    """Shape of the trees and size of a step."""

    depth: int = 4
    learning_rate: float = 0.1
    l2_leaf_reg: float = 3.0
    border_count: int = 64
    min_data_in_leaf: int = 20


@dataclass
class BinnedRecords:
    """A bank's records as CatBoost binned them; `pool` is None where no feature varies.

    `phantoms` records of weight zero at the end stand for classes the bank has no record of: CatBoost
    takes the number of classes from the labels.
    """

    pool: cb.Pool | None
    phantoms: int


class CatBoostLearner(Boosting[CatBoostParams]):
    """Boosts from a shared margin as CatBoost's baseline; scores blobs itself, as CatBoost would."""

    family: ClassVar[str] = "catboost"
    symmetric: ClassVar[bool] = True

    def bind(self, X: np.ndarray, outcome: np.ndarray) -> BinnedRecords:
        if not _varies(X):
            return BinnedRecords(None, 0)
        absent = np.setdiff1d(np.arange(self.n_margins), outcome) if self.n_margins > 1 else np.empty(0, int)
        X = np.vstack([X, np.repeat(X[:1], len(absent), axis=0)])
        weight = np.concatenate([np.ones(len(outcome)), np.zeros(len(absent))])
        with ALONE:
            pool = cb.Pool(X, np.concatenate([outcome, absent]).astype(int), weight=weight)
            pool.quantize(border_count=self.params.border_count)
        return BinnedRecords(pool, len(absent))

    def compared(self, X: np.ndarray) -> np.ndarray:
        return X.astype(np.float32)

    def propose(self, data: BinnedRecords, margin: np.ndarray, trees: int, seed: int) -> bytes:
        if data.pool is None:
            return text.dump([{"splits": [], "leaf_values": [0.0] * self.n_margins}])
        baseline = np.vstack([margin, np.zeros((data.phantoms, self.n_margins))])
        data.pool.set_baseline(baseline if self.n_margins > 1 else baseline[:, 0])
        with ALONE:
            model = cb.CatBoost(self._library_params(trees, seed)).fit(data.pool)
        return text.dump(text.trees(_json(model), self.params.min_data_in_leaf, self.monotone))

    def margins(self, blob: bytes, X: np.ndarray) -> np.ndarray:
        columns, total = _columns(X), np.zeros((len(X), self.n_margins))
        for tree in text.load(blob):
            total += text.leaf_values(tree)[text.leaf_numbers(tree, columns)]
        return total

    def leaves(self, blob: bytes, X: np.ndarray) -> np.ndarray:
        columns = _columns(X)
        return np.column_stack([text.leaf_numbers(t, columns) for t in text.load(blob)])

    def leaf_sizes(self, blob: bytes) -> np.ndarray:
        return np.array([text.leaf_size(t) for t in text.load(blob)], np.int64)

    def structures(self, blob: bytes) -> list[Structure]:
        every = tuple(range(self.n_margins))
        return [Structure(text.splits(tree), every) for tree in text.load(blob)]

    def single_trees(self, blob: bytes) -> list[bytes]:
        return [text.dump([tree]) for tree in text.load(blob)]

    def grown(self, trees: Sequence[Splits], n_features: int) -> bytes:
        return text.dump([text.symmetric(trees[0], self.n_margins)])

    def with_values(self, blob: bytes, values: np.ndarray) -> bytes:
        trees = text.load(blob)
        parts = np.split(values, np.cumsum([text.leaf_size(t) * self.n_margins for t in trees])[:-1])
        return text.dump([text.with_values(t, v) for t, v in zip(trees, parts, strict=True)])

    @property
    def most_leaves(self) -> int:
        return 2**self.params.depth

    @property
    def shrinkage(self) -> Shrinkage:
        return Shrinkage(self.params.learning_rate, self.params.l2_leaf_reg, self.params.min_data_in_leaf)

    def combine(self, blobs: Sequence[bytes], weights: Sequence[float]) -> bytes:
        pairs = zip(blobs, weights, strict=True)
        return text.dump([text.scaled(t, w) for blob, w in pairs for t in text.load(blob)])

    def finish(
        self,
        blob: bytes,
        base: Sequence[float],
        cover: np.ndarray,
        encoding: Encoding,
        classes: tuple[str, ...],
    ) -> CatBoostModel:
        native = text.document(text.load(blob), cover, base, len(encoding.features))
        return CatBoostModel(encoding, classes, _binary(native))

    def continued(self, model: Model, blob: bytes, cover: np.ndarray, weight: float = 1.0) -> CatBoostModel:
        assert isinstance(model, CatBoostModel)
        shared = _json(model.booster)
        known = [np.array(tree["leaf_weights"], float) for tree in shared["oblivious_trees"]]
        trees = [*(text.scaled(tree, weight) for tree in text.trees(shared, 0)), *text.load(blob)]
        base = [weight * value for value in shared["scale_and_bias"][1]]
        features = len(model.encoding.features)
        native = text.document(trees, np.concatenate([*known, cover]), base, features)
        return CatBoostModel(model.encoding, model.classes, _binary(native))

    def trees_of(self, model: Model, most: int) -> bytes:
        assert isinstance(model, CatBoostModel)
        return text.dump(text.trees(_json(model.booster), 0)[:most])

    def _library_params(self, trees: int, seed: int) -> dict[str, Any]:
        # CatBoost holds symmetric trees to no smallest leaf: the learner empties small ones itself.
        params = {k: v for k, v in asdict(self.params).items() if k != "min_data_in_leaf"} | {
            "loss_function": "Logloss" if self.n_margins == 1 else "MultiClass",
            "class_names": list(range(max(self.n_margins, 2))),
            "allow_const_label": True,
            "iterations": trees,
            "boost_from_average": False,
            "boosting_type": "Plain",
            "bootstrap_type": "No",
            "random_strength": 0,
            "leaf_estimation_iterations": 1,
            "model_shrink_rate": 0,
            "random_seed": seed,
            "thread_count": self.threads,
            "verbose": False,
            "allow_writing_files": False,
        }
        return params | ({"monotone_constraints": self.monotone} if self.monotone else {})


def _varies(X: np.ndarray) -> bool:
    """Whether any feature has two values, a missing one counting as a value."""
    return len(X) > 0 and any(len(np.unique(column)) > 1 for column in X.T)


def _columns(X: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(X.T, dtype=np.float32)


def _json(model: cb.CatBoost) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.json")
        model.save_model(str(path), format="json")
        return json.loads(path.read_text())


def _binary(document: dict[str, Any]) -> bytes:
    """The `.cb` bytes of a JSON model."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "model.json"), Path(folder, "model.cb")
        source.write_text(json.dumps(document))
        cb.CatBoost().load_model(str(source), format="json").save_model(str(target), format="cbm")
        return target.read_bytes()
