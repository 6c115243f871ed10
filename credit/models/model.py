"""What every credit model answers, whatever its family."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import numpy as np

from credit.encoding import Encoding
from credit.errors import ModelError


class Model(ABC):
    """One native model with the encoding of its features.

    `X` is always the matrix of `encoding.matrix`, shape (n, F). K is the number of margins: one for
    a two-class model, one a class otherwise. C is the number of classes, at least two; the last class
    of a two-class model is default.
    """

    family: ClassVar[str]
    native_file: ClassVar[str]

    def __init__(self, encoding: Encoding, classes: tuple[str, ...]):
        self.encoding = encoding
        self.classes = classes

    @property
    def n_margins(self) -> int:
        return 1 if len(self.classes) == 2 else len(self.classes)

    @abstractmethod
    def margin(self, X: np.ndarray) -> np.ndarray:
        """Raw scores in log odds, shape (n, K)."""

    @abstractmethod
    def contributions(self, X: np.ndarray) -> np.ndarray:
        """SHAP values of the margin, shape (n, K, F + 1); the last column is the base value."""

    @abstractmethod
    def save_native(self, path: Path) -> None:
        """Write the model in its library's own format."""

    @classmethod
    @abstractmethod
    def load_native(cls, path: Path, encoding: Encoding, classes: tuple[str, ...]) -> Model:
        """Read what `save_native` wrote."""

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        """Probability of each class, shape (n, C)."""
        return class_probabilities(self.margin(X))

    def save(self, folder: Path) -> None:
        """Write `model.json` and the native file into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.save_native(folder / self.native_file)
        head = {"family": self.family, "classes": list(self.classes), "encoding": self.encoding.to_dict()}
        (folder / "model.json").write_text(json.dumps(head, indent=1))


def class_probabilities(margin: np.ndarray) -> np.ndarray:
    """Class probabilities, shape (n, C), of margins (n, K): logistic for K = 1, softmax otherwise."""
    if margin.shape[1] == 1:
        default = 1.0 / (1.0 + np.exp(-margin[:, 0]))
        return np.column_stack([1.0 - default, default])
    shifted = np.exp(margin - margin.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def read_head(folder: Path) -> dict:
    """`model.json` of a model folder.

    Raises ModelError where it is missing or unreadable.
    """
    try:
        return json.loads((folder / "model.json").read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise ModelError(
            f"{folder} holds no readable model.json ({error}): package the model again"
        ) from error
