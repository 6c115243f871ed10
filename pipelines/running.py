"""Runs the job from the command line, in this process."""

import logging
import os
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._utils.interrupts import capture_interrupts
from rich.console import Console

from credit.errors import FedCreditError, NoChampionError
from credit.home import Home
from pipelines.closing import Ending, close_killed_runs, close_tracking, own_pid
from pipelines.terminal import TerminalView

CAPTURE_NOTHING = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}


@dataclass(frozen=True)
class RunResult:
    """Id and stage seconds of a finished run."""

    run_id: str
    seconds: dict[str, float]


def run_pipeline(home: Home, console: Console) -> RunResult:
    """Run the job `retrain`; raise FedCreditError in one line where it fails, KeyboardInterrupt where ^C ends it."""
    from pipelines.definitions import defs

    instance = _instance()
    close_killed_runs(instance, home)
    job = defs.resolve_job_def("retrain")
    # Between stages, and while the run is closed, a stop waits: raised there it would leave the run open.
    with TerminalView(console) as view, capture_interrupts():
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags=own_pid(),
            run_config={"loggers": {"terminal": {}}},
        )
        failures = _failures(result)
        ending = Ending.FINISHED if result.success else Ending.by(failures)
        close_tracking(home, result.run_id, ending)
    if ending is Ending.KILLED:
        raise KeyboardInterrupt
    if ending is Ending.FAILED:
        why = _why(result)
        raise NoChampionError(why) if NoChampionError.__name__ in failures else FedCreditError(why)
    return RunResult(result.run_id, view.seconds)


def _instance() -> dg.DagsterInstance:
    """Dagster's instance for a run at a terminal, where what it prints is read.

    Dagster would capture that through processes of its own, which end in tracebacks at ^C.
    """
    return dg.DagsterInstance.from_ref(
        InstanceRef.from_dir(os.environ["DAGSTER_HOME"], overrides=CAPTURE_NOTHING)
    )


def package_champion(home: Home) -> None:
    """Run the job `package`; raise FedCreditError in one line where it fails."""
    from pipelines.definitions import defs

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    result = defs.resolve_job_def("package").execute_in_process(
        instance=_instance(),
        raise_on_error=False,
        tags=own_pid(),
        run_config={"loggers": {"terminal": {}}},
    )
    if not result.success:
        raise FedCreditError(_why(result))


def _why(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        if error and "FAILURE" in event.event_type_value:
            return f"{event.step_key or 'run'}: {_told(error)}"
    checks = [e for e in result.get_asset_check_evaluations() if not e.passed and e.blocking]
    if checks:
        failed = checks[0]
        return f"{failed.asset_key.to_user_string()}: check {failed.check_name} failed: {failed.description}"
    return f"run {result.run_id} failed: see it in the Dagster UI (make dev)"


def _failures(result: dg.ExecuteInProcessResult) -> set[str]:
    """Names of all errors that a failed step raised or was caused by."""
    errors = [getattr(event.event_specific_data, "error", None) for event in result.all_events]
    return {cause.cls_name for error in errors if error for cause in _chain(error)}


def _chain(error: Any) -> list[Any]:
    chain = [error]
    while chain[-1].cause:
        chain.append(chain[-1].cause)
    return chain


def _told(error: Any) -> str:
    """The error meant for a user in a chain of causes, or else the first cause of all."""
    chain = _chain(error)
    ours = {cls.__name__ for cls in _subclasses(FedCreditError)}
    chosen = next((e for e in chain if e.cls_name in ours), chain[-1])
    return chosen.message.strip().split(": ", 1)[-1]


def _subclasses(cls: type) -> list[type]:
    return [cls, *(deeper for sub in cls.__subclasses__() for deeper in _subclasses(sub))]


def _terminal_logger(context: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.getLogger("fedcredit.dagster")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    view = next(
        (h for h in logging.getLogger("fedcredit.progress").handlers if isinstance(h, TerminalView)), None
    )
    # Without a handler Python would print every failure to the terminal by itself.
    logger.handlers = [view or logging.NullHandler()]
    return logger


terminal_logger = dg.LoggerDefinition(_terminal_logger, description="Draws a run on the terminal.")
