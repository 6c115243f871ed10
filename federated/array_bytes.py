"""Arrays as the `.npy` bytes that Flower carries, with each form of header written and read once.

NumPy parses a header as Python source, which takes longer than everything else about a small message.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from threading import Lock

import numpy as np
from flwr.app import Array
from numpy.lib import format as npy

from federated.engines._flower_messages import array_of

STYPE = "numpy.ndarray"
# NumPy reads a header with `ast`, which Python 3.11 breaks in parallel threads (gh-106905).
_one_parser = Lock()


def to_array(values: np.ndarray) -> Array:
    """`values` as Flower's Array packs them."""
    whole = np.ascontiguousarray(values)
    name, header = _head(whole.dtype, values.shape)
    return array_of(name, values.shape, STYPE, header + whole.tobytes())


def from_array(array: Array) -> np.ndarray:
    """The read-only values of `array`. Raises ValueError where its bytes are no array of numbers."""
    return from_bytes(array.data)


def from_bytes(data: bytes) -> np.ndarray:
    """The read-only values of an array's `.npy` bytes. Raises ValueError where they are no array of numbers."""
    if data[:8] != b"\x93NUMPY\x01\x00":
        raise ValueError("these bytes are no array")
    start = 10 + int.from_bytes(data[8:10], "little")
    shape, by_column, dtype = _layout(data[:start])
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if by_column else "C")


@lru_cache(4096)
def _head(dtype: np.dtype, shape: tuple[int, ...]) -> tuple[str, bytes]:
    """The type's name, and the header."""
    buffer = BytesIO()
    npy.write_array_header_1_0(buffer, {"descr": dtype.str, "fortran_order": False, "shape": shape})
    return str(dtype), buffer.getvalue()


@lru_cache(4096)
def _layout(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype]:
    buffer = BytesIO(header)
    with _one_parser:
        npy.read_magic(buffer)
        shape, by_column, dtype = npy.read_array_header_1_0(buffer)
    if dtype.hasobject:
        raise ValueError("these bytes hold Python objects, no numbers")
    return shape, by_column, dtype
