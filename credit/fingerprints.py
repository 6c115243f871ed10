"""What identifies data, without showing them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def frame_fingerprint(*frames: pl.DataFrame) -> str:
    """sha256 over the content of frames, in order: names, types, values."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(repr(frame.schema).encode())
        digest.update(frame.rechunk().write_ipc(None).getvalue())
    return digest.hexdigest()
