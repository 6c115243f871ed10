"""What Dagster's run workers began in MLflow ends as their runs do."""

import os
import signal
import subprocess
import threading
import time

import dagster as dg
import pytest

from credit.home import Home
from pipelines.closing import PID_TAG, close_killed_runs
from pipelines.environment import prepare
from pipelines.executor import one_run_at_a_time
from registry.tracking import Tracking
from tests.pipelines.finalised import Finalised


@dg.op(config_schema={"fate": dg.Field(str, default_value="succeeds")})
def train(context: dg.OpExecutionContext) -> None:
    """Begins a parent and a child in MLflow, then meets its fate."""
    tracking = store()
    tracking.child_run(tracking.pipeline_run(context.run_id), "lightgbm")
    if context.op_config["fate"] == "fails":
        raise ZeroDivisionError
    if context.op_config["fate"] == "is terminated":
        context.instance.report_run_canceling(context.run)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        time.sleep(30)
    if context.op_config["fate"] == "is terminated as it cleans up":
        context.instance.report_run_canceling(context.run)
        Finalised()
        time.sleep(30)


@dg.job(executor_def=one_run_at_a_time)
def small() -> None:
    train()


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Dagster's instance in a home where the job `small` is executed as a run worker does."""
    monkeypatch.setenv("FEDCREDIT_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    prepare(Home())
    with dg.DagsterInstance.get() as instance:
        yield instance


def store() -> Tracking:
    return Tracking(Home().tracking_uri, Home().root / "mlartifacts")


def statuses() -> list[str]:
    tracking = store()
    return [run.info.status for run in tracking.client.search_runs([tracking.experiment])]


@pytest.mark.parametrize(
    ("fate", "status"),
    [
        ("succeeds", "FINISHED"),
        ("fails", "FAILED"),
        ("is terminated", "KILLED"),
        ("is terminated as it cleans up", "KILLED"),
    ],
)
def test_parent_and_child_end_as_the_worker_does(worker, fate, status):
    config = {"ops": {"train": {"config": {"fate": fate}}}}
    with dg.execute_job(dg.reconstructable(small), instance=worker, run_config=config):
        assert statuses() == [status, status]


def test_a_worker_leaves_its_process_with_its_run(worker):
    config = {"ops": {"train": {"config": {"fate": "succeeds"}}}}
    with dg.execute_job(dg.reconstructable(small), instance=worker, run_config=config) as done:
        assert worker.get_run_by_id(done.run_id).tags[PID_TAG] == str(os.getpid())


def begun(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, pid: int) -> str:
    """A run that stands at `status` in Dagster, and runs in MLflow."""
    run = instance.create_run_for_job(small, status=status, tags={PID_TAG: str(pid)})
    tracking = store()
    tracking.child_run(tracking.pipeline_run(run.run_id), "lightgbm")
    return run.run_id


def gone() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


@pytest.mark.parametrize("noted", [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE])
def test_what_a_killed_worker_left_is_ended_whether_dagster_noted_it_or_not(worker, noted):
    run = begun(worker, noted, gone())
    close_killed_runs(worker, Home())
    assert worker.get_run_by_id(run).status is dg.DagsterRunStatus.FAILURE
    assert statuses() == ["KILLED", "KILLED"]


def test_runs_at_work_and_runs_of_other_homes_go_on(worker):
    begun(worker, dg.DagsterRunStatus.STARTED, os.getpid())
    store().pipeline_run("a run that this Dagster does not know")
    close_killed_runs(worker, Home())
    assert statuses() == ["RUNNING"] * 3
