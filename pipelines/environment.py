"""The environment in which Dagster, MLflow, BentoML and Flower run quietly, on the folders of the home."""

import os

from credit.files import whole_file
from credit.home import Home

DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
"""
QUIET = {
    "ALEMBIC_LOG_LEVEL": "WARNING",
    "BENTOML_DO_NOT_TRACK": "True",
    "DAGSTER_DISABLE_TELEMETRY": "true",
    "FLWR_LOG_LEVEL": "ERROR",
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "TQDM_DISABLE": "1",
}


def prepare(home: Home) -> None:
    """Set what is not set yet, and make Dagster's folder with its settings."""
    folders = {
        "FEDCREDIT_HOME": home.root,
        "DAGSTER_HOME": home.dagster,
        "BENTOML_HOME": home.bentoml,
        "MLFLOW_TRACKING_URI": home.tracking_uri,
    }
    for name, value in {**folders, **QUIET}.items():
        os.environ.setdefault(name, str(value))
    settings = home.dagster / "dagster.yaml"
    if not settings.is_file():
        with whole_file(settings) as aside:
            aside.write_text(DAGSTER_YAML)
