"""Records of a database table as texts, read in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from credit.errors import DataError
from credit.files import ParquetLog

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

    from credit.data import Data

CHUNK = 50_000


def write_table(data: Data, target: Path) -> None:
    """Write the rows that `data` selects to the Parquet `target`. Raises DataError where the database refuses."""
    with _connected(data) as connection, ParquetLog(target) as log:
        rows = 0
        for chunk in pl.read_database(_query(data), connection, iter_batches=True, batch_size=CHUNK):
            log.write(chunk.select(pl.all().cast(pl.String)))
            rows += chunk.height
    if not rows:
        raise DataError(f"{_shown(data)}: the query gives no row")


def table_state(data: Data) -> str:
    """The table's place and its number of rows."""
    with _connected(data) as connection:
        from sqlalchemy import text

        rows = connection.execute(text(f"select count(*) from ({_query(data)}) as records")).scalar_one()
    return f"{_shown(data)} ({rows} rows)"


def _query(data: Data) -> str:
    if not data.query:
        raise DataError(f"{_shown(data)}: say which table: `query` in the contract's data, or DATA=URL#table")
    return data.query if " " in data.query.strip() else f"select * from {data.query}"


def _check_there(url: URL, data: Data) -> None:
    """SQLite would make a file where there is none."""
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise DataError(f"{_shown(data)}: no such file; correct `url` in the contract's data")


@contextmanager
def _connected(data: Data) -> Iterator[Connection]:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    try:
        engine = create_engine(data.address())
        _check_there(engine.url, data)
        with engine.connect() as connection:
            yield connection
    except ArgumentError as error:
        raise DataError("the database URL has no valid form: driver://user:password@host/database") from error
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise DataError(f"{_shown(data)}: {reason}") from error


def _shown(data: Data) -> str:
    """The URL without its password, and what is asked of it."""
    from sqlalchemy.engine import make_url

    return f"{make_url(data.address()).render_as_string(hide_password=True)} {data.query}".strip()
