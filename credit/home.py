"""Where this machine keeps what the project makes: data, models, runs, releases."""

from __future__ import annotations

import os
from pathlib import Path


class Home:
    """The folders below `FEDCREDIT_HOME` (by default `.fedcredit` in the working folder)."""

    def __init__(self, root: Path | None = None):
        self.root = (root or Path(os.environ.get("FEDCREDIT_HOME", ".fedcredit"))).resolve()

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def storage(self) -> Path:
        return self.root / "storage"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def bentoml(self) -> Path:
        return self.root / "bentoml"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def packages(self) -> Path:
        return self.root / "packages"

    def package(self, model: str, version: str) -> Path:
        """The folder from which a version of a registered model is served."""
        return self.packages / f"{model}-{version}"

    def champions_package(self, model: str) -> Path:
        """The link to the package of a registered model's champion."""
        return self.packages / f"{model}@champion"

    @property
    def tracking_uri(self) -> str:
        """MLflow's store: `MLFLOW_TRACKING_URI`, or SQLite in the home."""
        return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{self.root / 'mlflow.db'}"


def cache_folder() -> Path:
    """Where what can be made or downloaded again is kept from one process to the next."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "fedcredit"
