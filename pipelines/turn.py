"""One run at a time in a home: assets are stored by name, so two runs at once would work on each other's."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

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
            file.seek(0)
            say(f"waiting for its turn: {file.read() or 'another run'} is at work in {home.root}")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        print(f"{who} (process {os.getpid()}, since {now})", end="", file=file, flush=True)
        yield


def _free(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
