"""LightGBM's C call for one row: a quarter of the time of the plain call, which stands in where it is not to be had."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import numpy as np

from credit.models import Model

RAW_SCORE, FLOAT64 = 1, 1


class SingleRow:
    """The margins of one applicant; safe to call from several threads, each has buffers of its own."""

    def __init__(self, model: Model):
        self._model = model
        self._own = threading.local()
        self._fast = model.family == "lightgbm" and self._proven()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Margins, shape (1, K), of a row of shape (1, F)."""
        if not self._fast:
            return self._model.margin(x)
        try:
            call = self._own.call
        except AttributeError:
            call = self._own.call = _Call(self._model)
        return call(x)

    def _proven(self) -> bool:
        probe = np.zeros((1, len(self._model.encoding.features)))
        try:
            return bool(np.array_equal(_Call(self._model)(probe), self._model.margin(probe)))
        except (AttributeError, OSError, RuntimeError):
            return False


class _Call:
    """Prepared buffers of one thread."""

    def __init__(self, model: Any):
        from lightgbm.basic import _safe_call
        from lightgbm.libpath import _LIB

        self._x, self._margins = np.zeros((1, len(model.encoding.features))), np.zeros((1, model.n_margins))
        self._prepared, self._length = ctypes.c_void_p(), ctypes.c_int64()
        self._booster, self._free = model.booster, _LIB.LGBM_FastConfigFree
        _safe_call(
            _LIB.LGBM_BoosterPredictForMatSingleRowFastInit(
                model.booster._handle, ctypes.c_int(RAW_SCORE), ctypes.c_int(0), ctypes.c_int(-1),
                ctypes.c_int(FLOAT64), ctypes.c_int32(self._x.shape[1]), ctypes.c_char_p(b"num_threads=1"),
                ctypes.byref(self._prepared),
            )
        )  # fmt: skip
        self._predict = _LIB.LGBM_BoosterPredictForMatSingleRowFast
        addresses = (self._x.ctypes.data, ctypes.addressof(self._length), self._margins.ctypes.data)
        self._arguments = (self._prepared, *(ctypes.c_void_p(a) for a in addresses))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self._x[:] = x
        if self._predict(*self._arguments):
            raise RuntimeError("LightGBM could not predict")
        return self._margins.copy()

    def __del__(self) -> None:
        if self._prepared:
            self._free(self._prepared)
