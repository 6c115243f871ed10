"""Stops of a run: ^C at the terminal, Terminate in the Dagster UI."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# By name, as Dagster's events tell of errors.
STOPS = {"KeyboardInterrupt", "DagsterExecutionInterruptedError"}


@contextmanager
def no_stop_lost() -> Iterator[None]:
    """Send a stop again where it hit a finaliser or a weak reference's callback, whose exceptions Python drops.

    That is no rare moment: a signal waits for the end of a garbage collection, and these run first after it.
    """
    told = sys.unraisablehook

    def hook(dropped: "sys.UnraisableHookArgs") -> None:
        if dropped.exc_type.__name__ in STOPS:
            # Sent from here it would hit this very function, and be dropped again.
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            told(dropped)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = told
