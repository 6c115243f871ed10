"""What a person sees of a run on the terminal: stages, rounds, seconds; plain lines where there is no terminal."""

import logging
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

PROGRESS_LOGGER = "fedcredit.progress"


class TerminalView(logging.Handler):
    """Draws Dagster's step events and the rounds of training; keeps the seconds of each stage."""

    def __init__(self, console: Console):
        super().__init__()
        self.console = console
        self.seconds: dict[str, float] = {}
        self._began: dict[str, float] = {}
        self._tasks: dict[str, TaskID] = {}
        self._bar = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> "TerminalView":
        self._bar.start()
        logger = logging.getLogger(PROGRESS_LOGGER)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(self)
        return self

    def __exit__(self, *exc: object) -> None:
        logging.getLogger(PROGRESS_LOGGER).removeHandler(self)
        self._bar.stop()

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if record.name == PROGRESS_LOGGER:
            self._round(record)
        elif event is None or event.step_key is None:
            return
        elif event.event_type_value == "STEP_START":
            self._start(event.step_key)
        elif event.event_type_value in ("STEP_SUCCESS", "STEP_FAILURE"):
            self._end(event.step_key, failed=event.event_type_value == "STEP_FAILURE")

    def _start(self, step: str) -> None:
        self._began[step] = time.monotonic()
        self._tasks[step] = self._bar.add_task(step, total=None, note="")

    def _end(self, step: str, failed: bool) -> None:
        self.seconds[step] = round(time.monotonic() - self._began[step], 2)
        note = "[red]failed" if failed else ""
        self._bar.update(self._tasks[step], total=1, completed=1, note=note)
        if not self.console.is_terminal:
            self.console.print(f"{step}: {'failed' if failed else 'done'} in {self.seconds[step]:.1f} s")

    def _round(self, record: logging.LogRecord) -> None:
        name = f"  {record.family}"  # type: ignore[attr-defined]
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(name, total=record.rounds, note="")  # type: ignore[attr-defined]
        loss = f"loss {record.loss:.4f}" if record.loss is not None else ""  # type: ignore[attr-defined]
        self._bar.update(self._tasks[name], completed=record.round, note=loss)  # type: ignore[attr-defined]
