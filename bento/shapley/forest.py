"""A LightGBM model's paths, gone by the kernel."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import fields

import numpy as np

from bento.shapley.paths import LANES, LONGEST, Paths

RULES = range(LANES, (LONGEST + 1) // 2 + 1, LANES)
QUADRATURE = ("rests", "weights")


class Forest(ctypes.Structure):
    """`forest` of kernel.c."""

    _fields_ = [
        ("trees", ctypes.c_int64), ("features", ctypes.c_int64),
        ("slots", ctypes.c_int64), ("margins", ctypes.c_int64),
        *((f.name, ctypes.c_void_p) for f in fields(Paths)),
        *((name, ctypes.c_void_p) for name in QUADRATURE),
    ]  # fmt: skip


class ForestExplainer:
    """Margins and SHAP values of a forest in one pass; exact, safe to call from several threads."""

    def __init__(self, kernel: ctypes.CDLL, paths: Paths, margins: int, features: int, base: np.ndarray):
        self._explain = kernel.explain
        self._explain.restype = None
        self._explain.argtypes = [*[ctypes.c_void_p] * 2, ctypes.c_int64, *[ctypes.c_void_p] * 3]
        self._predict = kernel.predict
        self._predict.restype = None
        self._predict.argtypes = [*[ctypes.c_void_p] * 2, ctypes.c_int64, ctypes.c_void_p]
        self._start = np.zeros((margins, features + 1))
        self._start[:, -1] = base
        # The structure holds addresses alone: what they point to must live as long.
        read = (np.ascontiguousarray(getattr(paths, f.name)) for f in fields(Paths))
        self._arrays = [*read, *quadrature()]
        addresses = (a.ctypes.data for a in self._arrays)
        trees = len(paths.first_split) - 1
        self._forest = Forest(trees, features, self._start.size, margins, *addresses)
        self._address = ctypes.addressof(self._forest)
        self._own = threading.local()

    def __call__(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Margins, shape (n, K), and SHAP values, shape (n, K, F + 1)."""
        X = np.ascontiguousarray(X, dtype=np.float64)
        shap = np.repeat(self._start[None], len(X), axis=0)
        margin = np.zeros(shap.shape[:2])
        self._explain(
            self._address, X.ctypes.data, len(X), shap.ctypes.data, margin.ctypes.data, self._room()
        )
        return margin, shap

    def margins(self, X: np.ndarray) -> np.ndarray:
        """Margins alone, shape (n, K)."""
        X = np.ascontiguousarray(X, dtype=np.float64)
        margin = np.zeros((len(X), len(self._start)))
        self._predict(self._address, X.ctypes.data, len(X), margin.ctypes.data)
        return margin

    def _room(self) -> int:
        """Where this thread's scratch array lies."""
        try:
            return self._own.address
        except AttributeError:
            self._own.lanes = np.zeros(LANES * self._start.size)
            self._own.address = self._own.lanes.ctypes.data
            return self._own.address


def quadrature() -> tuple[np.ndarray, np.ndarray]:
    """1 - t and weight of Gauss-Radau points t in (0, 1], t = 1 the first: the rules that fill whole vectors."""
    rests, weights = zip(*map(_radau, RULES), strict=True)
    return np.concatenate(rests), np.concatenate(weights)


def _radau(n: int) -> tuple[np.ndarray, np.ndarray]:
    last = np.eye(n + 1)[n - 1]
    x = np.sort(np.polynomial.legendre.legroots(last + np.eye(n + 1)[n]))
    x[0] = -1.0
    return (1 + x) / 2, (1 - x) / (n * np.polynomial.legendre.legval(x, last)) ** 2 / 2
