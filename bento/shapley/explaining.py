"""How a package's model predicts and is explained: by tables or kernel where they are proven, else by its library."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from ctypes import CDLL
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bento.shapley.forest import ForestExplainer
from bento.shapley.kernel import load_kernel
from bento.shapley.paths import Paths, Unreadable, read_paths
from bento.shapley.tables import TableExplainer, Tables, make_tables
from credit.encoding import Encoding
from credit.models import Model, load_model, read_head

if TYPE_CHECKING:
    from credit.models.catboost import CatBoostModel
    from credit.models.lightgbm import LightGBMModel

FILE = "explainer.npz"
CLOSE = 1e-6
PROBES = 64
LAID_OUT = {"base", *(f.name for f in fields(Paths))}
Explain = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""model matrix (n, F) -> margins (n, K), SHAP values (n, K, F + 1)"""


class TabledModel(Model):
    """A CatBoost model as tables: predicts as CatBoost does, without it."""

    family = "catboost"
    native_file = FILE

    def __init__(self, encoding: Encoding, classes: tuple[str, ...], tables: Tables):
        super().__init__(encoding, classes)
        self.tables = tables
        self.explain = TableExplainer(tables, len(encoding.features))

    def margin(self, X: np.ndarray) -> np.ndarray:
        return self.explain.margins(X)

    def contributions(self, X: np.ndarray) -> np.ndarray:
        return self.explain(X)[1]

    def save_native(self, path: Path) -> None:
        np.savez_compressed(path, **asdict(self.tables))

    @classmethod
    def load_native(cls, path: Path, encoding: Encoding, classes: tuple[str, ...]) -> TabledModel:
        return cls(encoding, classes, Tables(**_arrays(path)))


class ForestModel(Model):
    """A LightGBM model as paths: predicts as LightGBM does, without it."""

    family = "lightgbm"
    native_file = FILE

    def __init__(self, encoding: Encoding, classes: tuple[str, ...], kernel: CDLL, paths: dict[str, Any]):
        super().__init__(encoding, classes)
        self._paths = paths
        laid_out = Paths(**{name: array for name, array in paths.items() if name != "base"})
        laid_out.check(len(encoding.features))
        self.explain = ForestExplainer(
            kernel, laid_out, self.n_margins, len(encoding.features), paths["base"]
        )

    def margin(self, X: np.ndarray) -> np.ndarray:
        return self.explain.margins(X)

    def contributions(self, X: np.ndarray) -> np.ndarray:
        return self.explain(X)[1]

    def save_native(self, path: Path) -> None:
        np.savez_compressed(path, **self._paths)

    @classmethod
    def load_native(cls, path: Path, encoding: Encoding, classes: tuple[str, ...]) -> ForestModel:
        kernel, paths = load_kernel(), _arrays(path)
        if kernel is None or set(paths) != LAID_OUT:
            raise Unreadable(f"{path} is for another kernel than there is here")
        return cls(encoding, classes, kernel, paths)


OWN: dict[str, type[TabledModel | ForestModel]] = {"catboost": TabledModel, "lightgbm": ForestModel}
"""families that are served without their library"""


def save_explainer(model: Model, X: np.ndarray, folder: Path) -> bool:
    """Write what makes explaining `model` fast into `folder`, if it equals the library around the applicants `X`."""
    path, probes = folder / FILE, _probes(X)
    try:
        if model.family == "lightgbm":
            _save_paths(model, path, model.contributions(X[:1])[0, :, -1])  # type: ignore[arg-type]
        elif model.family == "catboost":
            _tabled(model).save_native(path)  # type: ignore[arg-type]
    except Unreadable:
        return False
    if not path.is_file():
        return False
    own, explain = load_scoring(folder)
    (margins, shap), alone = explain(probes), own.margin(probes)
    equal = np.allclose([margins, alone], model.margin(probes), rtol=0, atol=1e-9)
    if not (equal and np.allclose(shap, model.contributions(probes), rtol=0, atol=CLOSE)):
        path.unlink()
        return False
    return True


def load_scoring(folder: Path) -> tuple[Model, Explain]:
    """The model in `folder` in its fastest form, and what explains it. Raises ModelError where it is damaged."""
    head, path = read_head(folder), folder / FILE
    if head["family"] in OWN and path.is_file():
        with suppress(Unreadable):
            own = OWN[head["family"]].load_native(
                path, Encoding.from_dict(head["encoding"]), tuple(head["classes"])
            )
            return own, own.explain
    model = load_model(folder)
    return model, lambda X: (model.margin(X), model.contributions(X))


def _save_paths(model: LightGBMModel, path: Path, base: np.ndarray) -> None:
    paths = read_paths(model.text, model.n_margins, len(model.encoding.features))
    np.savez_compressed(path, base=base, **vars(paths))


def _tabled(model: CatBoostModel) -> TabledModel:
    with tempfile.TemporaryDirectory() as scratch:
        model.booster.save_model(f"{scratch}/model.json", format="json")
        document = json.loads(Path(scratch, "model.json").read_text())
    return TabledModel(model.encoding, model.classes, make_tables(document, len(model.encoding.features)))


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _probes(X: np.ndarray) -> np.ndarray:
    """Applicants that mix the features of those in `X`, some of them missing."""
    rng = np.random.default_rng(0)
    mixed = np.take_along_axis(X, rng.integers(0, len(X), (PROBES, X.shape[1])), axis=0)
    mixed[rng.random(mixed.shape) < 0.05] = np.nan
    return np.concatenate([X, mixed])
