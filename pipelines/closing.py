"""Ends in MLflow what runs began there: each run its own, and the next one what a killed run left."""

import os
from collections.abc import Iterable
from enum import StrEnum

import dagster as dg

from credit.home import Home
from pipelines.stopping import STOPS
from registry.tracking import Tracking

PID_TAG = "fedcredit/pid"


class Ending(StrEnum):
    """How a run ended, in MLflow's words."""

    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"

    @classmethod
    def by(cls, errors: Iterable[str]) -> "Ending":
        """Of a run that did not succeed, by the names of its errors: killed where ^C or Terminate stopped it."""
        return cls.FAILED if STOPS.isdisjoint(errors) else cls.KILLED


def own_pid() -> dict[str, str]:
    """The tag by which it is found out whether a run's process is gone."""
    return {PID_TAG: str(os.getpid())}


def close_tracking(home: Home, dagster_run_id: str, ending: Ending) -> None:
    """End what a run left running in MLflow."""
    _tracking(home).finish(dagster_run_id, ending)


def close_killed_runs(instance: dg.DagsterInstance, home: Home) -> None:
    """Mark runs as failed whose process is gone, and end in MLflow what they left; to be called in the turn."""
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        pid = run.tags.get(PID_TAG)
        if pid and not _alive(int(pid)):
            instance.report_run_failed(run, "its process was killed")
    tracking = _tracking(home)
    for dagster_run_id in tracking.running():
        run = instance.get_run_by_id(dagster_run_id)
        # A shared store knows runs of other homes too: those are not ours to end.
        if run is not None and run.is_finished:
            tracking.finish(dagster_run_id, Ending.FINISHED if run.is_success else Ending.KILLED)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _tracking(home: Home) -> Tracking:
    return Tracking(home.tracking_uri, home.root / "mlartifacts")
