"""A LightGBM model with contributions from the kernel."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import fields

import numpy as np

from bento.shapley.paths import LANES, Paths

RULES = range(1, 17)


class Forest(ctypes.Structure):
    """`forest` of kernel.c."""

    _fields_ = [
        ("trees", ctypes.c_int64), ("features", ctypes.c_int64),
        ("slots", ctypes.c_int64), ("margins", ctypes.c_int64),
        *((f.name, ctypes.c_void_p) for f in fields(Paths)),
        ("points", ctypes.c_void_p), ("weights", ctypes.c_void_p),
    ]  # fmt: skip


class ForestExplainer:
    """Margins and SHAP values of a forest in one pass; exact, safe to call from several threads."""

    def __init__(self, kernel: ctypes.CDLL, paths: Paths, margins: int, features: int, base: np.ndarray):
        self._explain = kernel.explain
        self._explain.restype = None
        self._explain.argtypes = [*[ctypes.c_void_p] * 2, ctypes.c_int64, *[ctypes.c_void_p] * 4]
        self._start = np.zeros((margins, features + 1))
        self._start[:, -1] = base
        points, weights = quadrature()
        # The structure holds addresses alone: what they point to must live as long.
        self._arrays = [np.ascontiguousarray(getattr(paths, f.name)) for f in fields(Paths)] + [
            points,
            weights,
        ]
        self._trees = len(paths.tree_splits) - 1
        addresses = (a.ctypes.data for a in self._arrays)
        self._forest = Forest(self._trees, features, self._start.size, margins, *addresses)
        self._address = ctypes.addressof(self._forest)
        self._own = threading.local()

    def __call__(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Margins, shape (n, K), and SHAP values, shape (n, K, F + 1)."""
        X = np.ascontiguousarray(X, dtype=np.float64)
        shap = np.repeat(self._start[None], len(X), axis=0)
        margin = np.zeros(shap.shape[:2])
        room = self._room()
        self._explain(self._address, X.ctypes.data, len(X), shap.ctypes.data, margin.ctypes.data, *room)
        return margin, shap

    def _room(self) -> tuple[int, int]:
        """Where this thread's scratch arrays lie."""
        try:
            return self._own.addresses
        except AttributeError:
            ways, lanes = np.empty(self._trees, dtype=np.uint64), np.zeros(LANES * self._start.size)
            self._own.arrays = ways, lanes
            self._own.addresses = ways.ctypes.data, lanes.ctypes.data
            return self._own.addresses


def quadrature() -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre points and weights on (0, 1), the rules of 1 to 16 points after each other."""
    rules = [np.polynomial.legendre.leggauss(n) for n in RULES]
    points = np.concatenate([(p + 1) / 2 for p, _ in rules])
    return points, np.concatenate([w / 2 for _, w in rules])
