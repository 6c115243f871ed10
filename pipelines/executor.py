"""How Dagster's run workers execute: in their own process, one run of the home after the other."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import dagster as dg

from credit.home import Home
from pipelines.closing import Ending, close_killed_runs, close_tracking, own_pid
from pipelines.stopping import no_stop_lost
from pipelines.turn import turn


class OneRunAtATime(dg.Executor):
    """Executes a run as `inner` does, once no other run is at work in the home; ends its runs in MLflow with it."""

    def __init__(self, inner: dg.Executor, home: Home):
        self.inner = inner
        self.home = home

    @property
    def retries(self) -> Any:
        return self.inner.retries

    @property
    def step_dependency_config(self) -> Any:
        return self.inner.step_dependency_config

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        who = f"run {plan_context.run_id[:8]} of {plan_context.job_name}"
        plan_context.instance.add_run_tags(plan_context.run_id, own_pid())
        with ExitStack() as stack:
            stack.enter_context(no_stop_lost())
            # Dagster only notes signals here: without this, a waiting run could not be terminated.
            with dg.raise_execution_interrupts():
                stack.enter_context(turn(self.home, who, plan_context.log.info))
            close_killed_runs(plan_context.instance, self.home)
            yield from self._closing(plan_context.run_id, self.inner.execute(plan_context, execution_plan))

    def _closing(self, run_id: str, events: Iterator[dg.DagsterEvent]) -> Iterator[dg.DagsterEvent]:
        """`events`, after which the runs in MLflow are ended as the Dagster run ends."""
        ending = Ending.FINISHED
        try:
            for event in events:
                ending = Ending.FAILED if event.is_step_failure else ending
                yield event
        except BaseException as error:
            ending = Ending.by([type(error).__name__])
            raise
        finally:
            close_tracking(self.home, run_id, ending)


@dg.executor(name="one_run_at_a_time", config_schema=dg.in_process_executor.config_schema)  # type: ignore[arg-type]
def one_run_at_a_time(context: dg.InitExecutorContext) -> dg.Executor:
    """Steps in the worker's own process, once no other run is at work in the home."""
    # Steps in processes of their own outlive a killed worker, and would still store their assets.
    in_process = dg.in_process_executor.executor_creation_fn
    assert in_process is not None
    return OneRunAtATime(in_process(context), Home())
