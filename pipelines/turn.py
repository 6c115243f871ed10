"""One run at a time in a home, since assets are stored by name, and one Dagster UI, since its daemon begins runs."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

from credit.errors import FedCreditError
from credit.home import Home


@contextmanager
def turn(home: Home, who: str, say: Callable[[str], object]) -> Iterator[None]:
    """Keep `home` for the run that `who` names; where another is at work there, `say` which and wait for its end.

    The operating system's lock on `run.lock`: it falls when the process ends, however it ends.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    # Not "w": that would empty the file in which the run at work says who it is.
    with (home.root / "run.lock").open("a+") as file:
        if not _free(file):
            say(f"waiting for its turn: {_keeper(file) or 'another run'} is at work in {home.root}")
            fcntl.flock(file, fcntl.LOCK_EX)
        _sign(file, who)
        yield


@contextmanager
def only_ui(home: Home, who: str) -> Iterator[int]:
    """Keep `home` for the Dagster UI that `who` names: two daemons would begin each scheduled run twice.

    Gives the descriptor of `dev.lock`; the home is kept until each process that has it open ends. Raises
    FedCreditError where another UI keeps it.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with (home.root / "dev.lock").open("a+") as file:
        if not _free(file):
            raise FedCreditError(
                f"{_keeper(file) or 'a Dagster UI'} is open already in {home.root}: use or end that one, "
                "or set another FEDCREDIT_HOME"
            )
        _sign(file, who)
        yield file.fileno()


def _keeper(file: TextIO) -> str:
    """Who signed last."""
    file.seek(0)
    return file.read()


def _sign(file: TextIO, who: str) -> None:
    file.truncate(0)
    now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    print(f"{who} (process {os.getpid()}, since {now})", end="", file=file, flush=True)


def _free(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
