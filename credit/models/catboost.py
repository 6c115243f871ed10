"""A CatBoost model in its own binary format."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from credit.encoding import Encoding
from credit.errors import ModelError
from credit.models.model import Model

if TYPE_CHECKING:
    import catboost as cb


# CatBoost keeps one log for the whole process and puts another in its place while it trains or explains: a second
# thread that does so meanwhile may call one that is gone, and the process dies.
ALONE = threading.Lock()


class CatBoostModel(Model):
    """Symmetric boosted trees as CatBoost's `.cb` format holds them; numeric features only."""

    family = "catboost"
    native_file = "model.cb"

    def __init__(self, encoding: Encoding, classes: tuple[str, ...], blob: bytes):
        super().__init__(encoding, classes)
        self.blob = blob
        self.booster: cb.CatBoost = _booster(blob)

    def margin(self, X: np.ndarray) -> np.ndarray:
        raw = np.asarray(self.booster.predict(X, prediction_type="RawFormulaVal", thread_count=_threads(X)))
        return raw.reshape(len(X), -1)

    def contributions(self, X: np.ndarray) -> np.ndarray:
        import catboost as cb

        with ALONE:
            values = np.asarray(self.booster.get_feature_importance(cb.Pool(X), type=cb.EFstrType.ShapValues))
        return values.reshape(len(X), self.n_margins, len(self.encoding.features) + 1)

    def save_native(self, path: Path) -> None:
        path.write_bytes(self.blob)

    @classmethod
    def load_native(cls, path: Path, encoding: Encoding, classes: tuple[str, ...]) -> CatBoostModel:
        return cls(encoding, classes, path.read_bytes())


def _threads(X: np.ndarray) -> int:
    return 1 if len(X) < 1000 else -1


def _booster(blob: bytes) -> cb.CatBoost:
    import catboost as cb

    try:
        return cb.CatBoost().load_model(blob=blob, format="cbm")
    except cb.CatBoostError as error:
        raise ModelError(f"the CatBoost model is damaged ({error}): package it again") from error
