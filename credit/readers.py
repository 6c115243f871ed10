"""Files of any supported kind as texts: read where they lie, or from a copy that polars can read."""

from __future__ import annotations

import codecs
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from credit.csvfile import CsvForm, csv_form, first_fault, open_bytes
from credit.data import PARQUET, Data, file_state
from credit.database import write_table
from credit.errors import DataError
from credit.features import PLACE

COPY = 4 << 20


@dataclass(frozen=True)
class TextFile:
    """A file that polars reads as it lies: a CSV in UTF-8 or, without `separator`, a Parquet.

    `name` is the source's own, which a copy stands for; `state` is what the file was when it was looked at.
    """

    path: str
    name: str
    separator: str
    columns: tuple[str, ...]
    state: str

    @classmethod
    def of(cls, path: Path, name: Path | None = None, form: CsvForm | None = None) -> TextFile:
        """The file at `path`, a CSV of that form or a Parquet, as it is now."""
        separator, columns = (form.separator, form.columns) if form else ("", _parquet_columns(path))
        return cls(str(path), str(name or path), separator, tuple(columns), file_state(path))

    def scan(self) -> pl.LazyFrame:
        """Its records, each value as text."""
        if not self.separator:
            return pl.scan_parquet(self.path).select(pl.all().cast(pl.String))
        schema = dict.fromkeys(self.columns, pl.String)
        # A first record of few fields, as any other, has none of the rest: without `insert` polars would stop.
        return pl.scan_csv(
            self.path,
            has_header=False,
            skip_rows=1,
            schema=schema,
            separator=self.separator,
            missing_columns="insert",
        )

    def check_unchanged(self) -> None:
        if not Path(self.path).is_file() or file_state(Path(self.path)) != self.state:
            raise DataError(f"{self.name} changed while it was read: run again when it is complete")

    def lines(self) -> int:
        """The number of lines of a CSV, with the header; 0 of a Parquet, which has none."""
        newlines, last = 0, b"\n"
        if self.separator:
            with Path(self.path).open("rb") as file:
                while block := file.read(COPY):
                    newlines, last = newlines + block.count(b"\n"), block[-1:]
        return newlines + (last != b"\n")

    def first_fault(self) -> str:
        """Where a CSV breaks its form, empty where it does not."""
        form = CsvForm("utf-8", self.separator, self.columns)
        return first_fault(Path(self.path), form) if self.separator else ""


@dataclass(frozen=True)
class Texts:
    """The records of files that have the same columns, each value as the text its source has.

    What reads them raises DataError where a file has changed since, or can't be read: by line and column.
    """

    files: tuple[TextFile, ...]

    @property
    def columns(self) -> list[str]:
        return list(self.files[0].columns)

    @property
    def name(self) -> str:
        """The source's files, as errors name them."""
        return ", ".join(file.name for file in self.files)

    def count(self) -> int:
        """The number of records, by a count of lines."""
        return self.select(pl.len()).item()

    def are_lines(self) -> bool:
        """Whether each record is a line of one CSV: none has a line break inside quotes."""
        return len(self.files) == 1 and self.files[0].lines() == self.count() + 1

    def select(self, *columns: pl.Expr) -> pl.DataFrame:
        """These expressions over all records."""
        with self._told() as records:
            return records.select(*columns).collect(engine="streaming")

    def at(self, rows: pl.Series) -> pl.DataFrame:
        """The records at `rows`, places from 0, in the source's order; the first column is PLACE."""
        with self._told() as records:
            return (
                records.with_row_index(PLACE)
                .filter(pl.col(PLACE).is_in(rows.implode()))
                .collect(engine="streaming")
            )

    def batches(self, rows: int) -> Iterator[pl.DataFrame]:
        """All records in order, `rows` at a time."""
        with self._told() as records:
            yield from records.collect_batches(chunk_size=rows, maintain_order=True)

    def write(self, target: Path) -> None:
        """All records as the Parquet `target`, for what reads column by column."""
        with self._told() as records:
            records.sink_parquet(target, compression="lz4")

    @contextmanager
    def _told(self) -> Iterator[pl.LazyFrame]:
        self._check_unchanged()
        try:
            yield pl.concat([file.scan() for file in self.files])
        except pl.exceptions.PolarsError as error:
            self._check_unchanged()
            for file in self.files:
                if place := file.first_fault():
                    raise DataError(f"{file.name}, {place}") from error
            raise _unreadable(self.name, error) from error
        self._check_unchanged()

    def _check_unchanged(self) -> None:
        for file in self.files:
            file.check_unchanged()


def texts(data: Data, folder: Path) -> Texts:
    """The records of `data`; what polars can't read as it lies is copied into `folder`.

    Raises DataError where a file has no form, files differ in their columns, a file changes while it is
    looked at, or is not the one that the contract was drafted for.
    """
    if data.url:
        write_table(data, folder / "records.parquet")
        return Texts((TextFile.of(folder / "records.parquet"),))
    paths = data.paths()
    before = [file_state(p) for p in paths]
    _check_pinned(paths, data)
    files = tuple(_text_file(path, data, folder / f"{i}.csv") for i, path in enumerate(paths))
    if before != [file_state(p) for p in paths]:
        raise DataError(
            f"{', '.join(map(str, paths))} changed while it was read: run again when it is complete"
        )
    _check_alike(files)
    return Texts(files)


def files_sha256(paths: Iterable[Path]) -> str:
    """sha256 over the content of `paths`, in order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(COPY):
                digest.update(block)
    return digest.hexdigest()


def _check_pinned(paths: list[Path], data: Data) -> None:
    if data.sha256 and files_sha256(paths) != data.sha256:
        raise DataError(
            f"{', '.join(map(str, paths))} changed since the contract was drafted (data.sha256 differs): remove "
            "`sha256` from the contract's data, and see with `fedcredit contract check` what the contract makes of it"
        )


def _text_file(path: Path, data: Data, aside: Path) -> TextFile:
    if path.suffix in PARQUET:
        return TextFile.of(path)
    form = csv_form(path, data.separator, data.encoding)
    return TextFile.of(_as_utf8(path, form, aside), path, form)


def _parquet_columns(path: Path) -> list[str]:
    try:
        return pl.scan_parquet(path).collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(str(path), error) from error


def _as_utf8(path: Path, form: CsvForm, aside: Path) -> Path:
    """`path`, or a copy of it unpacked and in UTF-8."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if form.encoding == "utf-8" and not packed:
        return path
    with open_bytes(path) as raw, aside.open("wb") as copy:
        if form.encoding == "utf-8":
            shutil.copyfileobj(raw, copy, COPY)
        else:
            # cp1252 leaves five bytes undefined; they mean nothing, and cost no record.
            reader = codecs.getreader(form.encoding)(raw, "replace")
            while text := reader.read(COPY):
                copy.write(text.encode())
    return aside


def _check_alike(files: tuple[TextFile, ...]) -> None:
    first = files[0]
    for file in files:
        if file.columns != first.columns:
            differ = sorted(set(file.columns) ^ set(first.columns)) or ["their order"]
            header = ", line 1" if file.separator else ""
            raise DataError(f"{file.name}{header} has other columns than {first.name}: {', '.join(differ)}")


def _unreadable(name: str, error: Exception) -> DataError:
    return DataError(f"{name} can't be read ({str(error).splitlines()[0]}): restore the file")
