"""A LightGBM booster in its own text format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from credit.encoding import Encoding
from credit.errors import ModelError
from credit.models.model import Model

if TYPE_CHECKING:
    import lightgbm as lgb

# LightGBM holds one number of threads for the whole process. Where one thread of Python predicts with another
# number than the one beside it trains with, that one runs past the end of its buffers and the process dies.
THREADS = 1


class LightGBMModel(Model):
    """Boosted trees as LightGBM's text format holds them."""

    family = "lightgbm"
    native_file = "model.lgb"

    def __init__(self, encoding: Encoding, classes: tuple[str, ...], text: str):
        super().__init__(encoding, classes)
        self.text = text
        self.booster: lgb.Booster = _booster(text)

    def margin(self, X: np.ndarray) -> np.ndarray:
        raw = np.asarray(self.booster.predict(X, raw_score=True, num_threads=THREADS))
        return raw.reshape(len(X), -1)

    def contributions(self, X: np.ndarray) -> np.ndarray:
        flat = np.asarray(self.booster.predict(X, pred_contrib=True, num_threads=THREADS))
        return flat.reshape(len(X), self.n_margins, len(self.encoding.features) + 1)

    def save_native(self, path: Path) -> None:
        path.write_text(self.text)

    @classmethod
    def load_native(cls, path: Path, encoding: Encoding, classes: tuple[str, ...]) -> LightGBMModel:
        return cls(encoding, classes, path.read_text())


def _booster(text: str) -> lgb.Booster:
    import lightgbm as lgb

    try:
        return lgb.Booster(model_str=text)
    except lgb.basic.LightGBMError as error:
        raise ModelError(f"the LightGBM model is damaged ({error}): package it again") from error
