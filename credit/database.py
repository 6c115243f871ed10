"""Records of a database table as texts, read in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from credit.errors import DataError
from credit.files import ParquetLog

if TYPE_CHECKING:
    from sqlalchemy import URL, CursorResult

    from credit.data import Data

CHUNK = 50_000


def write_table(data: Data, target: Path) -> None:
    """Write the rows that `data` selects to the Parquet `target`. Raises DataError where the database refuses."""
    rows = 0
    with _selected(data) as result, ParquetLog(target) as log:
        names = list(result.keys())
        for chunk in result.partitions(CHUNK):
            columns = zip(names, zip(*chunk, strict=True), strict=True)
            log.write(
                pl.DataFrame([pl.Series(name, map(_text, values), pl.String) for name, values in columns])
            )
            rows += len(chunk)
    if not rows:
        raise DataError(f"{_shown(data)}: the query gives no row")


def table_state(data: Data) -> str:
    """The table's place, its number of rows and a digest of what stands in them, in whatever order: all are read."""
    rows = digest = 0
    with _selected(data) as result:
        digest += _digest(tuple(result.keys()))
        for chunk in result.partitions(CHUNK):
            rows += len(chunk)
            digest += sum(map(_digest, chunk))
    return f"{_shown(data)} ({rows} rows, {digest % 2**128:032x})"


def _digest(row: Sequence[Any]) -> int:
    return int.from_bytes(blake2b(repr(row).encode(errors="replace"), digest_size=16).digest())


def _text(value: Any) -> str | None:
    """One value as text. Each is told by itself: a column of a database may hold values of several types."""
    return _TEXTS.get(type(value), str)(value)


_TEXTS: dict[type, Callable[[Any], str | None]] = {
    str: lambda value: value,
    type(None): lambda value: value,
    bool: lambda value: str(value).lower(),
    Decimal: lambda value: format(value, "f"),
    bytes: lambda value: value.decode(errors="replace"),
}


def _query(data: Data) -> str:
    if not data.query:
        raise DataError(f"{_shown(data)}: say which table: `query` in the contract's data, or DATA=URL#table")
    return data.query if " " in data.query.strip() else f"select * from {data.query}"


def _check_there(url: URL, data: Data) -> None:
    """SQLite would make a file where there is none."""
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise DataError(f"{_shown(data)}: no such file; correct `url` in the contract's data")


@contextmanager
def _selected(data: Data) -> Iterator[CursorResult]:
    """The rows that `data` asks for, as the database's driver has them."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    query = _query(data)
    try:
        engine = create_engine(data.address())
        _check_there(engine.url, data)
        with engine.connect() as connection:
            # The query as it is: a colon or a percent sign in it is no parameter.
            options = connection.execution_options(stream_results=True, no_parameters=True)
            result = options.exec_driver_sql(query)
            _check_names(list(result.keys()), data)
            yield result
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise DataError(f"{_shown(data)}: {reason}") from error


def _check_names(names: list[str], data: Data) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"{_shown(data)}: two columns are named {', '.join(twice)}; rename one in the query")


def _shown(data: Data) -> str:
    """The URL without what may be a secret, and what is asked of it."""
    place = data.address().set(query={}).render_as_string(hide_password=True)
    return f"{place} {data.query}".strip()
