"""Assets' values as plain files: frames as Parquet, models in their native formats, the rest as JSON."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from credit.errors import DataError
from credit.files import whole_folder
from credit.models import Model, load_model


class FileStore(dg.ConfigurableIOManager):
    """One folder an asset, and in it one a partition; a partitioned value is a dict by partition."""

    folder: str

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        values = (
            {k: obj[k] for k in context.asset_partition_keys}
            if context.has_asset_partitions
            else {"value": obj}
        )
        for key, value in values.items():
            with whole_folder(self._path(context) / key) as aside:
                store(value, aside / "value")

    def load_input(self, context: dg.InputContext) -> Any:
        if not context.has_asset_partitions:
            return self._fetch(context, "value")
        return {key: self._fetch(context, key) for key in context.asset_partition_keys}

    def _path(self, context: dg.OutputContext | dg.InputContext) -> Path:
        return Path(self.folder, *context.asset_key.path)

    def _fetch(self, context: dg.InputContext, key: str) -> Any:
        folder = self._path(context) / key
        if not folder.is_dir():
            raise DataError(
                f"{folder} does not exist: materialise {context.asset_key.to_user_string()} first"
            )
        return fetch(folder / "value")


def store(value: Any, path: Path) -> None:
    """Write `value` at `path`, by its kind: a frame, a model, a dict of such, or plain data."""
    if isinstance(value, pl.DataFrame):
        value.write_parquet(path.with_suffix(".parquet"))
    elif isinstance(value, Model):
        value.save(path.with_suffix(".model"))
    elif isinstance(value, dict) and any(isinstance(v, dict | pl.DataFrame | Model) for v in value.values()):
        path.mkdir()
        for key, item in value.items():
            store(item, path / key)
    else:
        path.with_suffix(".json").write_text(json.dumps(value))


def fetch(path: Path) -> Any:
    """What `store` wrote at `path`."""
    if path.with_suffix(".parquet").is_file():
        return pl.read_parquet(path.with_suffix(".parquet"))
    if path.with_suffix(".model").is_dir():
        return load_model(path.with_suffix(".model"))
    if path.with_suffix(".json").is_file():
        return json.loads(path.with_suffix(".json").read_text())
    return {name: fetch(path / name) for name in dict.fromkeys(p.stem for p in sorted(path.iterdir()))}
