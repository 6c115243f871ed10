"""Runs in one home take turns: between processes, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dagster as dg
import pytest

from credit.errors import FedCreditError
from credit.home import Home
from pipelines.environment import prepare
from pipelines.executor import one_run_at_a_time
from pipelines.turn import only_ui, turn

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def holder(tmp_path):
    """Starts a process that takes the turn in a home; it ends with its standard input."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str, home: Path = tmp_path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.pipelines.holder", name],
            cwd=ROOT,
            env={**os.environ, "FEDCREDIT_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()  # type: ignore[union-attr]


def told(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_who_comes_second_is_told_for_whom_it_waits_and_begins_when_that_ends(holder, tmp_path):
    first = holder("the weekly run")
    assert told(first) == "begins"
    second = holder("a typed run")
    waits = told(second)
    assert f"the weekly run (process {first.pid}, since " in waits and str(tmp_path) in waits
    first.stdin.close()
    assert told(second) == "begins"


def test_a_killed_run_leaves_the_turn_to_the_next(holder):
    first = holder("a run that is killed")
    assert told(first) == "begins"
    second = holder("the next")
    assert "a run that is killed" in told(second)
    first.send_signal(signal.SIGKILL)
    assert told(second) == "begins"
    third = holder("the one after")
    assert f"the next (process {second.pid}" in told(third)


def test_a_waiting_run_can_be_stopped(holder):
    assert told(holder("the run at work")) == "begins"
    second = holder("a run that is stopped")
    assert "the run at work" in told(second)
    second.send_signal(signal.SIGINT)
    assert second.wait(20) == -signal.SIGINT


def test_homes_do_not_wait_for_each_other(holder, tmp_path):
    assert told(holder("here", tmp_path / "one")) == "begins"
    assert told(holder("there", tmp_path / "two")) == "begins"


def test_a_failed_run_leaves_the_turn_to_the_next(tmp_path):
    with pytest.raises(ZeroDivisionError), turn(Home(tmp_path), "a run that fails", pytest.fail):
        raise ZeroDivisionError
    with turn(Home(tmp_path), "the next", pytest.fail):
        pass


def test_a_second_dagster_ui_in_a_home_is_refused_by_the_first(tmp_path):
    named = f"the UI at :3000 .process {os.getpid()}, since .* open already"
    with only_ui(Home(tmp_path), "the UI at :3000"):
        with pytest.raises(FedCreditError, match=named), only_ui(Home(tmp_path), "the UI at :3001"):
            pass
        with only_ui(Home(tmp_path / "other"), "the UI at :3001"):
            pass
    with only_ui(Home(tmp_path), "the UI at :3001"):
        pass


def test_a_server_that_outlives_its_command_keeps_the_home(tmp_path):
    with only_ui(Home(tmp_path), "the UI") as kept:
        server = subprocess.Popen(["sleep", "60"], pass_fds=[kept])
    try:
        with pytest.raises(FedCreditError, match="open already"), only_ui(Home(tmp_path), "another"):
            pass
    finally:
        server.kill()
        server.wait()
    with only_ui(Home(tmp_path), "another"):
        pass


@dg.op
def step() -> None:
    """Nothing."""


@dg.job(executor_def=one_run_at_a_time)
def small() -> None:
    step()


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Dagster's instance in the home of `holder`, where the job `small` is executed as a run worker does."""
    monkeypatch.setenv("FEDCREDIT_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    prepare(Home())
    with dg.DagsterInstance.get() as instance:
        yield instance


def after_it_waits(instance: dg.DagsterInstance, act) -> threading.Thread:
    """Does `act` once a run of `instance` says that it waits."""

    def watch() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if any("waiting for its turn" in line for line in lines(instance)):
                act()
                return
            time.sleep(0.1)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def lines(instance: dg.DagsterInstance) -> list[str]:
    return [entry.message for run in instance.get_runs() for entry in instance.all_logs(run.run_id)]


def test_dagsters_run_worker_waits_for_the_run_at_work(holder, worker):
    first = holder("the run at work")
    assert told(first) == "begins"
    ended: list[float] = []

    def end() -> None:
        ended.append(time.time())
        first.stdin.close()

    watching = after_it_waits(worker, end)
    with dg.execute_job(dg.reconstructable(small), instance=worker) as result:
        watching.join()
        began = next(e.timestamp for e in worker.all_logs(result.run_id) if e.step_key == "step")
    assert result.success and ended and began > ended[0]


def test_a_waiting_run_worker_is_terminated(holder, worker):
    assert told(holder("the run at work")) == "begins"

    def terminate() -> None:
        worker.report_run_canceling(worker.get_runs()[0])
        os.kill(os.getpid(), signal.SIGINT)

    watching = after_it_waits(worker, terminate)
    with dg.execute_job(dg.reconstructable(small), instance=worker) as result:
        watching.join()
    assert worker.get_run_by_id(result.run_id).status is dg.DagsterRunStatus.CANCELED


def test_every_job_of_the_project_takes_turns():
    from pipelines.definitions import defs

    jobs = defs.resolve_all_job_defs()
    assert {"retrain", "package", "monitor", "__ASSET_JOB"} <= {job.name for job in jobs}
    assert {job.executor_def for job in jobs} == {one_run_at_a_time}
