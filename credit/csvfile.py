"""The form of a CSV file: its encoding, separator and header, each found or refused with line and column."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from credit.errors import DataError

BLOCK = 1 << 20
LONGEST_LINE = 16 << 20
"""bytes; a longer line is no record but a damaged file"""
# A field may be as long as a line: what is too long is said of the line.
csv.field_size_limit(LONGEST_LINE)
SEPARATORS = ",;\t|"
SAMPLE_LINES = 50
NAMES = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}
DAMAGED_GZIP = (EOFError, gzip.BadGzipFile, zlib.error)
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class CsvForm:
    """How to read a CSV file."""

    encoding: str
    separator: str
    columns: tuple[str, ...]


def csv_form(path: Path, separator: str = "", encoding: str = "") -> CsvForm:
    """The form of `path`; what is given is checked, what is not is detected.

    Raises DataError for an empty or binary file, a line beyond LONGEST_LINE, mixed encodings, a header that
    is not in line 1 or names a column twice, and a separator that the header does not have.
    """
    if encoding:
        deque(_blocks(path), maxlen=0)
    encoding = encoding or _encoding(path)
    lines = _first_lines(path, encoding)
    if not lines:
        raise DataError(f"{path}, line 1: the file is empty")
    detected = _separator(lines)
    columns = next(csv.reader(lines, delimiter=separator or detected))
    if separator and len(columns) == 1 and detected != separator and detected in lines[0]:
        raise DataError(
            f"{path}, line 1, column {lines[0].index(detected) + 1}: fields are separated by {NAMES[detected]}, "
            f"not by {NAMES.get(separator, separator)}; correct `separator` in the contract's data, or leave it out"
        )
    _check_header(path, columns)
    return CsvForm(encoding, separator or detected, tuple(columns))


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where it is gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]


def first_fault(path: Path, form: CsvForm) -> str:
    """Where a line has more fields than the header, or a quote never closes; empty where neither is."""
    with open_bytes(path) as raw, codecs.getreader(form.encoding)(raw) as text:
        reader, line = csv.reader(text, delimiter=form.separator, strict=True), 1
        try:
            for fields in reader:
                if len(fields) > len(form.columns):
                    return (
                        f"line {line}, column {len(form.columns) + 1}: {len(fields)} fields where the header has "
                        f"{len(form.columns)}; put quotes around texts that hold a separator"
                    )
                line = reader.line_num + 1
        except csv.Error as error:
            column = _line(path, form, line).rfind(f'{form.separator}"') + 2
            return (
                f"line {line}, column {column}: a quote opens here and does not close as it should ({error})"
            )
    return ""


def _line(path: Path, form: CsvForm, number: int) -> str:
    with open_bytes(path) as raw, codecs.getreader(form.encoding)(raw) as text:
        return next(islice(text, number - 1, None), "")


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """The file in blocks that end with a line, each with its place. Raises DataError for a line beyond LONGEST_LINE."""
    place = 0
    try:
        with open_bytes(path) as file:
            while block := file.read(BLOCK):
                rest = file.readline(LONGEST_LINE + 1)
                begun = block.rfind(b"\n") + 1
                if len(block) - begun + len(rest) > LONGEST_LINE:
                    raise DataError(
                        f"{path}, line {_line_number(path, place + begun)}, column {LONGEST_LINE + 1:,}: the line is "
                        f"longer than {LONGEST_LINE >> 20} MiB, no record is; the file is damaged or no CSV"
                    )
                yield place, block + rest
                place += len(block) + len(rest)
    except DAMAGED_GZIP as error:
        raise DataError(
            f"{path}, after line {_whole_lines(path):,}: the gzip is damaged ({error}): restore the file"
        ) from error


def _whole_lines(path: Path) -> int:
    """How many lines of a damaged gzip can be read."""
    lines = 0
    with gzip.open(path) as file, suppress(*DAMAGED_GZIP):
        while block := file.read1(BLOCK):
            lines += block.count(b"\n")
    return lines


def _line_number(path: Path, place: int) -> int:
    """The line that holds the byte at `place`, from 1; counted when it is asked for, which few files do."""
    line = 1
    with open_bytes(path) as file:
        while place > 0:
            block = file.read(min(BLOCK, place))
            line += block.count(b"\n")
            place -= len(block)
    return line


def _encoding(path: Path) -> str:
    """utf-8, by its mark utf-16, else cp1252. Raises DataError for a mixture, and for what is no text."""
    foreign, native = "", False
    for place, block in _blocks(path):
        if place == 0 and (marked := next((name for bom, name in BOMS.items() if block.startswith(bom)), "")):
            return marked
        if (zero := block.find(b"\0")) >= 0:
            column = zero - block.rfind(b"\n", 0, zero)
            raise DataError(
                f"{path}, line {_line_number(path, place + zero)}, column {column}: a zero byte; this is no text file: "
                "export the table as CSV or Parquet"
            )
        if not block.isascii():
            wide, fault = _judge(block)
            native = native or wide
            if fault and not foreign:
                line, byte = fault
                foreign = f"line {_line_number(path, place) + line}, {byte}"
    if native and foreign:
        raise DataError(
            f"{path}, {foreign} while other lines are: the file mixes encodings; convert it to UTF-8, or set "
            "`encoding` in the contract's data to read all of it as one"
        )
    return "cp1252" if foreign else "utf-8"


def _judge(block: bytes) -> tuple[bool, tuple[int, str] | None]:
    """Whether a line of the block has wide UTF-8 characters, and the first line (from 0) that is no UTF-8, and why."""
    try:
        return not block.decode().isascii(), None
    except UnicodeDecodeError:
        wide, fault = False, None
        for number, line in enumerate(block.splitlines()):
            try:
                wide = not line.decode().isascii() or wide
            except UnicodeDecodeError as error:
                column = len(line[: error.start].decode(errors="replace")) + 1
                fault = fault or (number, f"column {column}: byte {line[error.start]:#04x} is no UTF-8")
        return wide, fault


def _first_lines(path: Path, encoding: str) -> list[str]:
    with open_bytes(path) as file:
        head = file.read(1 << 20)
    try:
        text = codecs.getincrementaldecoder(encoding)("replace" if encoding == "cp1252" else "strict").decode(
            head
        )
    except LookupError:
        raise DataError(
            f"{path}: there is no encoding {encoding!r}; leave `encoding` out to have it detected"
        ) from None
    except UnicodeError as error:  # utf-16 without its mark has no place
        at = head.count(b"\n", 0, getattr(error, "start", 0)) + 1
        raise DataError(
            f"{path}, line {at}: is not {encoding}; leave `encoding` out to have it detected"
        ) from error
    lines = text.splitlines()
    known = [line for line in lines if line.strip()][:SAMPLE_LINES]
    if known and not lines[0].strip():
        raise DataError(
            f"{path}, line 1: is blank, and the header is expected there: remove the lines above it"
        )
    if len(known) > 1 and "\n" not in text:
        raise DataError(
            f"{path}, line 1, column {len(lines[0]) + 1}: lines end with a carriage return alone: save the file with "
            "line feeds"
        )
    return known


def _separator(lines: list[str]) -> str:
    """The separator that gives most lines the header's number of fields, and most fields of those."""

    def fit(separator: str) -> tuple[float, int]:
        widths = [len(fields) for fields in csv.reader(lines, delimiter=separator)]
        same = sum(w == widths[0] for w in widths) / len(widths)
        return (same if widths[0] > 1 else 0.0), widths[0]

    return max(SEPARATORS, key=fit)


def _check_header(path: Path, columns: list[str]) -> None:
    twice = next((name for name, count in Counter(columns).items() if count > 1), None)
    if twice is not None:
        first = columns.index(twice)
        again = columns.index(twice, first + 1)
        raise DataError(
            f"{path}, line 1: fields {first + 1} and {again + 1} of the header are both named {twice!r}; rename one"
        )
