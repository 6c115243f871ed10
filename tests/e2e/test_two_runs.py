"""Two runs started at once in one home: the second waits, and each works on its own records alone."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pytest
from dagster_graphql import DagsterGraphQLClient

from registry.tracking import Tracking
from tests.e2e.project import ROOT, Project

# Two whole runs, one after the other.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
OTHER_RECORDS = {"SYNTHETIC_ROWS": "9000"}
EVERY_BANK = {
    "dagster/asset_partition_range_start": "bank-01",
    "dagster/asset_partition_range_end": "bank-03",
}


@contextlib.contextmanager
def at_work(project: Project) -> Iterator[subprocess.Popen[str]]:
    """`fedcredit run`, once its first stage is over."""
    process = subprocess.Popen(
        project.words("run", "--report", str(project.home / "first.json")),
        cwd=ROOT,
        env={**project.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("raw_loan_records"):
                break
        yield process
    finally:
        process.kill()
        process.communicate()


def registered(project: Project, dagster_run: str) -> dict[str, str]:
    """The tags of the version that a run registered."""
    versions = Tracking(f"sqlite:///{project.home}/mlflow.db", project.home / "mlartifacts")
    found = versions.client.search_model_versions("name = 'credit-scorer'")
    return next(v.tags for v in found if v.tags["dagster_run_id"] == dagster_run)


@pytest.fixture
def runs(fresh, monkeypatch):
    """Ids of the runs in the home of `fresh`, the oldest first; and their log."""
    monkeypatch.setenv("DAGSTER_HOME", str(fresh.home / "dagster"))

    def told() -> dict[str, list[str]]:
        with dg.DagsterInstance.get() as instance:
            oldest_first = instance.get_runs()[::-1]
            return {r.run_id: [e.message for e in instance.all_logs(r.run_id)] for r in oldest_first}

    return told


def check_own_records(project: Project, first: str, second: str) -> None:
    """Both registered a model, each of its own records: the first's report tells only of the first's."""
    assert json.loads((project.home / "first.json").read_text())["rows"] == 6000
    fingerprints = [registered(project, run)["data_fingerprints"] for run in (first, second)]
    assert fingerprints[0] != fingerprints[1]


def test_a_typed_run_waits_for_another(fresh, runs):
    with at_work(fresh) as first:
        second = fresh.run(**OTHER_RECORDS)
        said = first.communicate(timeout=240)[0]
    assert (first.returncode, second.returncode) == (0, 0), said + second.stdout + second.stderr
    assert f"fedcredit run (process {first.pid}, since" in second.stdout
    check_own_records(fresh, *runs())


def test_a_run_of_the_dagster_ui_waits_for_a_typed_one(fresh, runs):
    ui = replace(fresh, settings={**fresh.settings, **OTHER_RECORDS})
    with ui.server("dev", path="/server_info") as address, at_work(fresh) as typed:
        client = DagsterGraphQLClient("127.0.0.1", port_number=int(address.rpartition(":")[2]))
        launched = client.submit_job_execution("retrain", tags=EVERY_BANK)
        said = typed.communicate(timeout=240)[0]
        ended = status_at_the_end(client, launched)
    assert (typed.returncode, ended) == (0, dg.DagsterRunStatus.SUCCESS), said
    own = next(run for run in runs() if run != launched)
    waits = f"waiting for its turn: fedcredit run (process {typed.pid}, since"
    assert any(line.startswith(waits) for line in runs()[launched])
    check_own_records(fresh, own, launched)


def status_at_the_end(client: DagsterGraphQLClient, run: str) -> dg.DagsterRunStatus:
    ends = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
    deadline = time.monotonic() + 240
    while (status := client.get_run_status(run)) not in ends:
        assert time.monotonic() < deadline, f"run {run} is {status} still"
        time.sleep(1)
    return status
