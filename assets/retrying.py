"""Another attempt at a stage whose failure may pass by itself, as that of a network."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg


@contextmanager
def retried(times: int, seconds: float = 0.0) -> Iterator[None]:
    """Ask Dagster for up to `times` further attempts, `seconds` later, where an asset's function fails.

    Dagster's own RetryPolicy would also begin a stage anew that is stopped, so that ^C and Terminate were lost.
    """
    try:
        yield
    except Exception as error:
        raise dg.RetryRequested(times, seconds) from error
