"""A native model inside a message."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from credit.models import Model, load_model


def model_files(model: Model) -> dict[str, bytes]:
    """The files of `model` by name, to be packed."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder))
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def model_of(files: dict[str, bytes]) -> Model:
    """The model of `model_files`, the same object for the same files. Raises ModelError where they are damaged."""
    return _loaded(tuple(files.items()))


@lru_cache(maxsize=2)
def _loaded(files: tuple[tuple[str, bytes], ...]) -> Model:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files:
            # Only the last part of a name counts: no message can write elsewhere.
            Path(folder, Path(name).name).write_bytes(content)
        return load_model(Path(folder))
