"""How a run of the command line ends."""

import contextlib
import io
import os
import signal

import dagster as dg
import pytest
from rich.console import Console

from credit.home import Home
from pipelines.closing import close_tracking
from pipelines.environment import prepare
from pipelines.running import run_pipeline, terminal_logger
from registry.tracking import Tracking


@dg.op
def train(context) -> None:
    """Begins a run in MLflow."""
    Tracking(Home().tracking_uri, Home().root).pipeline_run(context.run_id)


@dg.op(ins={"trained": dg.In(dg.Nothing)})
def stop() -> None:
    raise KeyboardInterrupt


@dg.job(name="retrain", logger_defs={"terminal": terminal_logger})
def finished() -> None:
    train()


@dg.job(name="retrain", logger_defs={"terminal": terminal_logger})
def stopped() -> None:
    stop(train())


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    monkeypatch.setenv("FEDCREDIT_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    prepare(Home())
    return Home()


def statuses(home: Home) -> list[str]:
    tracking = Tracking(home.tracking_uri, home.root)
    return [run.info.status for run in tracking.client.search_runs([tracking.experiment])]


def test_a_stopped_run_is_stopped_and_not_failed_and_killed_in_mlflow(home, monkeypatch):
    monkeypatch.setattr("pipelines.definitions.defs", dg.Definitions(jobs=[stopped]))
    with pytest.raises(KeyboardInterrupt):
        run_pipeline(home, Console(file=io.StringIO()))
    assert statuses(home) == ["KILLED"]


def test_a_stop_that_comes_as_the_run_is_closed_does_not_leave_it_open(home, monkeypatch):
    def close(*run) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        close_tracking(*run)

    monkeypatch.setattr("pipelines.running.close_tracking", close)
    monkeypatch.setattr("pipelines.definitions.defs", dg.Definitions(jobs=[finished]))
    with contextlib.suppress(KeyboardInterrupt):
        run_pipeline(home, Console(file=io.StringIO()))
    assert statuses(home) == ["FINISHED"]
