"""One change of the champion at a time: a PostgreSQL advisory lock between machines, a file's lock on one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from credit.errors import RegistryError

SECONDS = 600


def lock_place(tracking_uri: str, file: Path) -> str:
    """Where promotions of this store are locked: FEDCREDIT_LOCK, the store itself where it is PostgreSQL, or `file`.

    A store behind an MLflow server, used from several machines, needs FEDCREDIT_LOCK=postgresql://...
    """
    chosen = os.environ.get("FEDCREDIT_LOCK", "")
    if chosen:
        return chosen
    return tracking_uri if tracking_uri.startswith("postgresql") else str(file)


@contextmanager
def held(place: str, name: str, seconds: float = SECONDS) -> Iterator[None]:
    """Hold the lock `name` at `place`; it falls when the process does.

    Raises RegistryError where it is not free within `seconds`.
    """
    with _advisory(place, name, seconds) if place.startswith("postgresql") else _file(place, seconds):
        yield


@contextmanager
def _file(place: str, seconds: float) -> Iterator[None]:
    from filelock import FileLock, Timeout

    Path(place).parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(place, timeout=seconds):
            yield
    except Timeout as error:
        raise RegistryError(
            f"another promotion has held {place} for {seconds:g} s: try again later"
        ) from error


@contextmanager
def _advisory(place: str, name: str, seconds: float) -> Iterator[None]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.pool import NullPool

    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    engine = create_engine(place, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"set lock_timeout = {int(seconds * 1000)}"))
        try:
            connection.execute(text("select pg_advisory_lock(:key)"), {"key": key})
        except OperationalError as error:
            raise RegistryError(
                f"another promotion has held the lock of {name} for {seconds:g} s: try again later"
            ) from error
        # Closing the connection sets the lock free, whatever happens.
        yield
