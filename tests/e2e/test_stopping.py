"""^C while banks train together: the run ends there, and the next one works."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import dagster as dg
import pytest
import yaml

from registry.tracking import Tracking
from tests.e2e.project import ROOT, Project

pytestmark = pytest.mark.slow


def set_rounds(project: Project, rounds: int) -> None:
    path = Path(project.settings["CONSORTIUM"])
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"rounds": rounds, "patience": rounds}))


def stopped_while_training(project: Project) -> tuple[int, str]:
    """Exit code and complaints of a run that met ^C after its first round."""
    with subprocess.Popen(
        project.words("run"),
        cwd=ROOT,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            while not list(project.home.glob("checkpoints/*/lightgbm")):
                assert process.poll() is None
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            return process.wait(60), process.communicate()[1]
        finally:
            process.kill()


def test_a_run_stopped_while_banks_train_leaves_nothing_open_and_the_next_works(fresh, monkeypatch):
    set_rounds(fresh, 100_000)
    assert stopped_while_training(fresh) == (130, "fedcredit: stopped\n")
    tracking = Tracking(f"sqlite:///{fresh.home}/mlflow.db", fresh.home / "mlartifacts")
    runs = tracking.client.search_runs([tracking.experiment])
    assert {run.info.status for run in runs} == {"KILLED"}
    monkeypatch.setenv("DAGSTER_HOME", str(fresh.home / "dagster"))
    with dg.DagsterInstance.get() as instance:
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.FAILURE]
    set_rounds(fresh, 2)
    again = fresh.run()
    assert again.returncode == 0, again.stderr
    assert "from the cache" in again.stdout
