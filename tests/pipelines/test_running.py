"""How a run of the command line ends."""

import io

import dagster as dg
import pytest
from rich.console import Console

from credit.home import Home
from pipelines.environment import prepare
from pipelines.running import run_pipeline, terminal_logger
from registry.tracking import Tracking


@dg.op
def train(context) -> None:
    """Begins a run in MLflow, and is stopped."""
    Tracking(Home().tracking_uri, Home().root).pipeline_run(context.run_id)
    raise KeyboardInterrupt


@dg.job(name="retrain", logger_defs={"terminal": terminal_logger})
def stopped() -> None:
    train()


def test_a_stopped_run_is_stopped_and_not_failed_and_killed_in_mlflow(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDCREDIT_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    prepare(Home())
    monkeypatch.setattr("pipelines.definitions.defs", dg.Definitions(jobs=[stopped]))
    with pytest.raises(KeyboardInterrupt):
        run_pipeline(Home(), Console(file=io.StringIO()))
    tracking = Tracking(Home().tracking_uri, tmp_path)
    assert [r.info.status for r in tracking.client.search_runs([tracking.experiment])] == ["KILLED"]
