"""What the assets use beyond plain values, made once a run."""

from pathlib import Path

import dagster as dg

from credit.home import Home
from registry.promotion import Registry
from registry.tracking import Tracking


class MlflowTracking(dg.ConfigurableResource[Tracking]):
    """Runs and models in MLflow."""

    uri: str
    artifacts: str

    def create_resource(self, context: dg.InitResourceContext) -> Tracking:
        return Tracking(self.uri, Path(self.artifacts))


class ModelRegistry(dg.ConfigurableResource[Registry]):
    """The versions of the consortium's registered model."""

    tracking: dg.ResourceDependency[Tracking]
    model: str
    lock: str

    def create_resource(self, context: dg.InitResourceContext) -> Registry:
        return Registry(self.tracking, self.model, Path(self.lock))


def resources(home: Home, model: str) -> dict:
    """All resources, on the folders of `home`."""
    from pipelines.io_manager import FileStore

    tracking = MlflowTracking(uri=home.tracking_uri, artifacts=str(home.root / "mlartifacts"))
    return {
        "home": home,
        "tracking": tracking,
        "registry": ModelRegistry(tracking=tracking, model=model, lock=str(home.root / f"{model}.lock")),
        "io_manager": FileStore(folder=str(home.storage)),
    }
