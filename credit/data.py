"""Where the records of a contract lie: files by path or glob, or a table of a database."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from credit.errors import DataError

if TYPE_CHECKING:
    from sqlalchemy import URL

PARQUET = (".parquet", ".pq")
"""how the names of such files end; any other file is read as CSV"""

_PLACEHOLDER = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_PASSWORD = re.compile(
    r"://[^:/@]*:([^@]*)@|(?:pass|pwd|secret|token)\w*(?:=|%3D)((?:(?!%3B)[^&#;])*)", re.IGNORECASE
)


class Data(BaseModel):
    """Files, or a query to a database. It says where records are, not what they mean: no part of the fingerprint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[str, ...] = Field(
        default=(), description="paths or globs of CSV, CSV.gz or Parquet, from the contract's folder"
    )
    separator: str = Field(
        default="", max_length=1, description="of fields in a CSV; detected where it is left out"
    )
    encoding: str = Field(default="", description="of a CSV's text; detected where it is left out")
    sha256: str = Field(
        default="", description="of the files' content; a run refuses files that changed since"
    )
    url: str = Field(
        default="", description="SQLAlchemy URL of a database; $NAME stands for an environment variable"
    )
    query: str = Field(default="", description="SQL that selects the records, or a table's name")

    def below(self, folder: Path) -> Data:
        """The same data with relative paths taken from `folder`."""
        return self.model_copy(update={"files": tuple(_below(folder, f) for f in self.files)})

    def paths(self) -> list[Path]:
        """The files, globs resolved, in order of name. Raises DataError where one does not exist or can't be read."""
        found: list[Path] = []
        for pattern in self.files:
            # A file's own name may hold what is a pattern elsewhere: loans[1].csv.
            matches = [Path(pattern)] if Path(pattern).exists() else sorted(map(Path, glob.glob(pattern)))
            if not matches:
                raise DataError(
                    f"{pattern}: no such file; correct the path where it is given: `data` of the contract, DATA, "
                    "or the command"
                )
            found += [m for m in matches if m not in found]
        for path in found:
            if path.is_dir():
                raise DataError(f"{path}: is a folder; name the files in it, as {path / '*.csv'}")
            if not os.access(path, os.R_OK):
                raise DataError(f"{path}: may not be read; ask for the right to read it")
        return found

    def address(self) -> URL:
        """The database's URL with environment variables filled in.

        Raises DataError where one is not set, or the URL has no valid form.
        """
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        # A name and a password are filled in last: as parts of the URL's text their characters would part it.
        credentials, at, rest = self.url.partition("@")
        try:
            url = make_url(credentials + at + _filled(rest) if at else _filled(self.url))
        except (ArgumentError, ValueError) as error:
            raise DataError(
                "the database URL has no valid form: driver://user:password@host/database"
            ) from error
        if not at:
            return url
        return url.set(
            username=_filled(url.username or ""), password=_filled(str(url.password or "")) or None
        )

    def holds_password(self) -> bool:
        """Whether the URL tells a password itself instead of naming an environment variable."""
        told = [credential or option for credential, option in _PASSWORD.findall(self.url)]
        return any(text and not _PLACEHOLDER.fullmatch(text) for text in told)

    def state(self) -> str:
        """What changes when the data do: of files their sizes and times, of a table a digest of all its rows.

        It tells no password.
        """
        if self.url:
            from credit.database import table_state

            return table_state(self)
        return "; ".join(file_state(path) for path in self.paths())


def _filled(text: str) -> str:
    """`text` with the values of the environment variables that it names."""
    names = [braced or plain for braced, plain in _PLACEHOLDER.findall(text)]
    if unset := [name for name in names if name not in os.environ]:
        raise DataError(f"the contract's database URL needs {', '.join(unset)} in the environment")
    return _PLACEHOLDER.sub(lambda found: os.environ[found[1] or found[2]], text)


def data_from_environment() -> Data | None:
    """What DATA names, as `data_named` reads it; None where it is not set."""
    given = os.environ.get("DATA", "")
    return data_named(given) if given else None


def data_named(given: str) -> Data:
    """A file or glob, or the URL of a database followed by `#` and a table."""
    if "://" in given:
        url, _, table = given.rpartition("#")
        return Data(url=url or given, query=table if url else "")
    return Data(files=(_below(Path.cwd(), given),))


def _below(folder: Path, pattern: str) -> str:
    """A file or glob of `folder`, whose own name is no pattern."""
    path = folder / pattern
    return str(
        path if path.exists() or Path(pattern).is_absolute() else Path(glob.escape(str(folder)), pattern)
    )


def file_state(path: Path) -> str:
    """A file's place, size and time of change."""
    stat = path.stat()
    return f"{path.resolve()} ({stat.st_size} bytes, changed {stat.st_mtime_ns})"
