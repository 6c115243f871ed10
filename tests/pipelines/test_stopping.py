"""A run that is stopped ends, whatever it is at."""

import os
import signal
import time

import dagster as dg
import pytest

from assets.retrying import retried
from pipelines.stopping import no_stop_lost
from tests.pipelines.finalised import Finalised


@dg.op
def cleans_up() -> None:
    Finalised()
    time.sleep(20)


@retried(1)
def stopped_at_first(context: dg.OpExecutionContext) -> None:
    if context.retry_number == 0:
        os.kill(os.getpid(), signal.SIGINT)


@retried(1)
def fails_at_first(context: dg.OpExecutionContext) -> None:
    if context.retry_number == 0:
        raise ZeroDivisionError


def run(op) -> dg.ExecuteInProcessResult:
    return dg.GraphDefinition("small", node_defs=[op]).to_job().execute_in_process(raise_on_error=False)


def errors(result: dg.ExecuteInProcessResult) -> list[str | None]:
    return [error.cls_name for e in result.get_step_failure_events() if (error := e.step_failure_data.error)]


def test_a_stop_that_python_dropped_is_sent_again():
    with no_stop_lost():
        assert errors(run(cleans_up)) == ["DagsterExecutionInterruptedError"]


def test_a_stopped_stage_is_not_retried():
    assert errors(run(dg.op(stopped_at_first))) == ["DagsterExecutionInterruptedError"]


def test_a_failed_stage_is_retried():
    assert run(dg.op(fails_at_first)).success


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit])
def test_other_errors_that_python_drops_are_told_as_ever(error, monkeypatch):
    told = []
    monkeypatch.setattr("sys.unraisablehook", told.append)

    class Fails:
        def __del__(self) -> None:
            raise error

    with no_stop_lost():
        Fails()
    assert [dropped.exc_type for dropped in told] == [error]
