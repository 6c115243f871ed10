"""How Dagster's run workers execute: in their own process, one run of the home after the other."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import dagster as dg

from credit.home import Home
from pipelines.turn import turn


class OneRunAtATime(dg.Executor):
    """Executes a run as `inner` does, once no other run is at work in the home."""

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
        with ExitStack() as stack:
            # Dagster only notes signals here: without this, a waiting run could not be terminated.
            with dg.raise_execution_interrupts():
                stack.enter_context(turn(self.home, who, plan_context.log.info))
            yield from self.inner.execute(plan_context, execution_plan)


@dg.executor(name="one_run_at_a_time", config_schema=dg.in_process_executor.config_schema)  # type: ignore[arg-type]
def one_run_at_a_time(context: dg.InitExecutorContext) -> dg.Executor:
    """Steps in the worker's own process, once no other run is at work in the home."""
    # Steps in processes of their own outlive a killed worker, and would still store their assets.
    in_process = dg.in_process_executor.executor_creation_fn
    assert in_process is not None
    return OneRunAtATime(in_process(context), Home())
