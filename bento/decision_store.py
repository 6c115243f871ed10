"""Where decisions are written: a SQLite file, or a table of PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from credit.errors import FedCreditError

COLUMNS = ("time", "request_id", "caller", "model", "model_version", "contract", "run_id", "data", "applicant",
           "pd", "threshold", "decision", "reasons", "bank", "decided_by")  # fmt: skip
ADDED = ("decided_by",)
"""columns that entries of older logs lack"""
Row = tuple[Any, ...]
Link = Callable[[str, Row], str]
POSTGRES = ("postgresql://", "postgres://")
NAME_IT = "name the one that the service was started with as FEDCREDIT_DECISION_LOG"
LAST = "select chain from decisions order by id desc limit 1"


class StoreError(FedCreditError):
    """The decision log can't be written or read."""


class Store(Protocol):
    def append(self, rows: Sequence[Row], link: Link) -> None:
        """Write rows, each with the link of the chain that it makes with the one before. Raises StoreError."""
        ...

    def read(self) -> Iterator[tuple[Row, str]]:
        """Rows in the order in which they were written, each with its link. Raises StoreError."""
        ...


def store_of(place: Path | str) -> Store:
    """The store that a setting names: a URL of PostgreSQL, or the path of a SQLite file. Raises StoreError."""
    text = str(place)
    if text.startswith(POSTGRES):
        return PostgresStore(text)
    if "://" in text:
        raise StoreError("the decision log is a path of a SQLite file or a postgresql:// URL")
    return SQLiteStore(Path(place))


class SQLiteStore:
    def __init__(self, path: Path):
        self._path = path

    def append(self, rows: Sequence[Row], link: Link) -> None:
        marks = ", ".join("?" * (len(COLUMNS) + 1))
        try:
            with sqlite3.connect(self._path, timeout=5) as database:
                database.execute("pragma journal_mode=wal")
                database.execute("begin immediate")
                database.execute(_table("id integer primary key autoincrement", "real"))
                for column in _missing(_sqlite_columns(database)):
                    database.execute(_addition(column))
                last = database.execute(LAST).fetchone()
                database.executemany(_insert(marks), _chained(rows, last, link))
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error

    def read(self) -> Iterator[tuple[Row, str]]:
        if not self._path.is_file():
            raise StoreError(f"{self._path}: there is no decision log; {NAME_IT}")
        try:
            with sqlite3.connect(f"file:{self._path}?mode=ro", uri=True) as database:
                for *row, chain in database.execute(_all(_sqlite_columns(database))):
                    yield tuple(row), chain
        except sqlite3.Error as error:
            raise StoreError(f"{self._path} is no decision log ({error}); {NAME_IT}") from error


class PostgresStore:
    """Needs the extra `postgres`; several services may write to one table."""

    def __init__(self, url: str):
        try:
            import psycopg
        except ImportError:
            raise StoreError(
                "a decision log in PostgreSQL needs psycopg: install fedcredit[postgres]"
            ) from None
        self._library, self._url = psycopg, url

    def append(self, rows: Sequence[Row], link: Link) -> None:
        marks = ", ".join(["%s"] * (len(COLUMNS) + 1))
        try:
            with self._library.connect(self._url, connect_timeout=5) as database, database.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(hashtext('fedcredit decisions'))")
                cursor.execute(_table("id bigserial primary key", "double precision"))
                for column in _missing(_postgres_columns(database)):
                    cursor.execute(_addition(column))
                last = cursor.execute(LAST).fetchone()
                cursor.executemany(_insert(marks), list(_chained(rows, last, link)))
        except self._library.Error as error:
            raise StoreError(_told(error)) from error

    def read(self) -> Iterator[tuple[Row, str]]:
        try:
            with (
                self._library.connect(self._url, connect_timeout=5) as database,
                database.cursor("decisions") as cursor,
            ):
                for *row, chain in cursor.execute(_all(_postgres_columns(database))):
                    yield tuple(row), chain
        except self._library.Error as error:
            raise StoreError(_told(error)) from error


def _told(error: Exception) -> str:
    # Of a refused connection the message may name host and user, never the password.
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _chained(rows: Sequence[Row], last: tuple[str] | None, link: Link) -> Iterator[Row]:
    chain = last[0] if last else ""
    for row in rows:
        chain = link(chain, row)
        yield (*row, chain)


def _table(key: str, number: str) -> str:
    kinds = (f"{c} {number if c in ('pd', 'threshold') else 'text'}" for c in COLUMNS)
    return f"create table if not exists decisions ({key}, {', '.join(kinds)}, chain text not null)"


def _insert(marks: str) -> str:
    return f"insert into decisions ({', '.join(COLUMNS)}, chain) values ({marks})"


def _all(present: set[str]) -> str:
    columns = (c if c in present else f"null as {c}" for c in COLUMNS)
    return f"select {', '.join(columns)}, chain from decisions order by id"


def _missing(present: set[str]) -> list[str]:
    """The columns that a log lacks which an older service began."""
    return [c for c in ADDED if c not in present]


def _addition(column: str) -> str:
    return f"alter table decisions add column {column} text"


def _sqlite_columns(database: sqlite3.Connection) -> set[str]:
    return {row[1] for row in database.execute("pragma table_info(decisions)")}


def _postgres_columns(database: Any) -> set[str]:
    found = database.execute(
        "select attname from pg_attribute where attrelid = to_regclass('decisions') and not attisdropped"
    )
    return {row[0] for row in found}
