"""Files of any supported kind as one Parquet of texts."""

from __future__ import annotations

import codecs
import hashlib
import shutil
import tempfile
from pathlib import Path

import polars as pl

from credit.csvfile import CsvForm, csv_form, first_fault, open_bytes
from credit.data import PARQUET, Data, file_state
from credit.database import write_table
from credit.errors import DataError

COPY = 4 << 20


def write_texts(data: Data, target: Path) -> None:
    """Write the records of `data` to the Parquet `target`, each value as the text its source has.

    Raises DataError where a file can't be read, files differ in their columns, a file changes while it is
    read, or is not the one that the contract was drafted for.
    """
    if data.url:
        return write_table(data, target)
    paths = data.paths()
    before = [file_state(p) for p in paths]
    _check_pinned(paths, data)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        parts = [_texts(path, data, Path(folder) / f"{i}.csv") for i, path in enumerate(paths)]
        _check_alike(paths, parts)
        try:
            # Larger than zstd by a half, and read in half the time: it is read by every run.
            pl.concat(parts).sink_parquet(target, compression="lz4")
        except pl.exceptions.PolarsError as error:
            raise _unreadable(paths, data, error) from error
    if before != [file_state(p) for p in paths]:
        raise DataError(
            f"{', '.join(map(str, paths))} changed while it was read: run again when it is complete"
        )
    return None


def files_sha256(paths: list[Path]) -> str:
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


def _texts(path: Path, data: Data, aside: Path) -> pl.LazyFrame:
    if path.suffix in PARQUET:
        return _parquet(path)
    form = csv_form(path, data.separator, data.encoding)
    plain = _as_utf8(path, form, aside)
    names = {f"column_{i + 1}": name for i, name in enumerate(form.columns)}
    return pl.scan_csv(
        plain,
        has_header=False,
        skip_rows=1,
        schema=dict.fromkeys(names, pl.String),
        separator=form.separator,
    ).rename(names)


def _parquet(path: Path) -> pl.LazyFrame:
    try:
        scanned = pl.scan_parquet(path)
        scanned.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{path} can't be read as Parquet ({str(error).splitlines()[0]}): restore the file"
        ) from error
    return scanned.select(pl.all().cast(pl.String))


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


def _check_alike(paths: list[Path], parts: list[pl.LazyFrame]) -> None:
    columns = [part.collect_schema().names() for part in parts]
    for path, names in zip(paths, columns, strict=True):
        if names != columns[0]:
            differ = sorted(set(names) ^ set(columns[0])) or ["their order"]
            header = "" if path.suffix in PARQUET else ", line 1"
            raise DataError(f"{path}{header} has other columns than {paths[0]}: {', '.join(differ)}")


def _unreadable(paths: list[Path], data: Data, error: Exception) -> DataError:
    for path in paths:
        if path.suffix not in PARQUET:
            place = first_fault(path, csv_form(path, data.separator, data.encoding))
            if place:
                return DataError(f"{path}, {place}")
    return DataError(
        f"{', '.join(map(str, paths))} can't be read ({str(error).splitlines()[0]}): restore the file"
    )
