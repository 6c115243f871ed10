"""Own data of every supported kind become one table of texts; damage is refused with line and column."""

from __future__ import annotations

import gzip

import polars as pl
import pytest

from credit import csvfile
from credit.data import Data, data_named
from credit.errors import DataError
from credit.readers import Texts, files_sha256, texts

ROWS = [("1", "ü"), ("2", None)]
SQUARES = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(9999)), mtime=0)


def found(tmp_path, content: bytes | None = None, name: str = "loans.csv", **data) -> Texts:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "copies").mkdir(exist_ok=True)
    return texts(Data(**{"files": (str(tmp_path / name),), **data}), tmp_path / "copies")


def read(tmp_path, *content: bytes, **data) -> list[tuple]:
    return pl.concat(found(tmp_path, *content, **data).batches(2)).rows()


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,ü\n2,\n".encode(),
        "a;b\n1;ü\n2;\n".encode(),
        "a\tb\r\n1\tü\r\n2\t\r\n".encode(),
        "a|b\n1|ü\n2|\n".encode("utf-8-sig"),
        "a,b\n1,ü\n2,\n".encode("cp1252"),
        "a,b\n1,ü\n2,\n".encode("utf-16"),
        gzip.compress("a,b\n1,ü\n2,\n".encode(), mtime=0),
        gzip.compress("a;b\n1;ü\n2;\n".encode("cp1252"), mtime=0),
    ],
)
def test_separator_encoding_and_packing_are_found(tmp_path, content):
    assert read(tmp_path, content) == ROWS


def test_parquet_becomes_texts(tmp_path):
    pl.DataFrame({"a": [1, 2], "b": [0.5, None]}).write_parquet(tmp_path / "loans.parquet")
    assert read(tmp_path, name="loans.parquet") == [("1", "0.5"), ("2", None)]


def test_a_glob_reads_files_in_order_of_name(tmp_path):
    for year in (2002, 2001):
        (tmp_path / f"{year}.csv").write_text(f"a,b\n{year},x\n")
    assert read(tmp_path, files=(str(tmp_path / "*.csv"),)) == [("2001", "x"), ("2002", "x")]


def test_a_file_s_own_name_may_look_like_a_glob(tmp_path, monkeypatch):
    folder = tmp_path / "of [2001]"
    folder.mkdir()
    for name in ("loans[1].csv", "loans1.csv"):
        (folder / name).write_text(f"a,b\n{name},x\n")
    monkeypatch.chdir(folder)
    assert data_named("loans[1].csv").paths() == [folder / "loans[1].csv"]
    assert data_named("loans?.csv").paths() == [folder / "loans1.csv"]
    assert Data(files=("loans[1].csv", "loans?.csv")).below(folder).paths() == [
        folder / "loans[1].csv", folder / "loans1.csv"]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the file is empty"),
        (b"a,b,a\n1,2,3\n", "line 1: fields 1 and 3 of the header are both named 'a'"),
        (b"a,b\n1,2\n1,2,3\n", "line 3, column 3: 3 fields where the header has 2"),
        (b'a,b\n1,2\n"x,3\n4,5\n', "line 3, column 1: a quote opens"),
        (b'a,b\n1,2\n"x","3\n4,5\n', "line 3, column 5: a quote opens"),
        ("a,b\n1,ü\n".encode() + b"caf\xe9,2\n", "line 3, column 4: byte 0xe9 is no UTF-8.*mixes encodings"),
        (b"a,b\nx\0y,2\n", "line 2, column 2: a zero byte"),
        (gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:10], "after line 0: the gzip is damaged"),
        (SQUARES[: len(SQUARES) // 2], r"after line [1-9],?\d*: the gzip is damaged"),
        (SQUARES[:9000] + b"\0" * 400 + SQUARES[9400:], r"after line \d,?\d*: the gzip is damaged"),
    ],
)
def test_a_damaged_file_is_refused_by_line_and_column(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


def test_a_fault_in_a_copy_is_told_of_the_source(tmp_path):
    with pytest.raises(DataError, match="loans.csv, line 3, column 3: 3 fields where the header has 2"):
        read(tmp_path, "a,b\n1,ü\n1,2,3\n".encode("cp1252"))


def test_a_file_is_read_where_it_lies_and_copied_where_it_must_be(tmp_path):
    assert found(tmp_path, b"a,b\n1,2\n").files[0].path == str(tmp_path / "loans.csv")
    assert found(tmp_path, gzip.compress(b"a,b\n1,2\n")).files[0].path == str(tmp_path / "copies" / "0.csv")


@pytest.mark.parametrize("after", [0, 1])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, after):
    batches = found(tmp_path, b"a,b\n1,2\n3,4\n5,6\n").batches(1)
    for _ in range(after):
        next(batches)
    (tmp_path / "loans.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="loans.csv changed while it was read"):
        list(batches)


def test_records_are_found_by_their_place(tmp_path):
    assert found(tmp_path, b"a\nx\ny\nz\n").at(pl.Series([2, 0], dtype=pl.UInt32)).rows() == [
        (0, "x"),
        (2, "z"),
    ]


def test_records_are_counted_as_they_are_read(tmp_path):
    records = found(tmp_path, b'a,b\n"1\n2",3\n\n4\n')
    assert records.count() == len(list(records.batches(1))) == 3


@pytest.mark.parametrize("content", [b"a,b,c\n\n1,2,3\n", b"a,b,c\n1\n1,2,3\n", b"a,b,c\n1,2,3\n\n"])
def test_a_short_line_costs_no_other_record_wherever_it_stands(tmp_path, content):
    records = read(tmp_path, content)
    assert len(records) == 2
    assert ("1", "2", "3") in records


def test_a_header_below_a_blank_line_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"loans.csv, line 1: is blank, .* remove the lines above it"):
        found(tmp_path, b"\n\na,b\n1,2\n")


def test_lines_that_end_with_a_carriage_return_alone_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"loans.csv, line 1, column 4: .* save the file with line feeds"):
        found(tmp_path, b"a,b\r1,2\r3,4")


def test_a_stated_encoding_that_the_file_has_not_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"loans.csv, line 1: is not utf-16"):
        found(tmp_path, b"a,b\n1,2\n", encoding="utf-16")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "loans.csv").mkdir()
    with pytest.raises(DataError, match=r"loans.csv: is a folder; name the files in it"):
        found(tmp_path)


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(DataError, match=r"loans.csv: may not be read"):
        found(tmp_path, b"a,b\n1,2\n")


def test_an_endless_line_is_refused_before_it_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(csvfile, "LONGEST_LINE", 1 << 20)
    with pytest.raises(DataError, match="line 3, column 1,048,577: the line is longer"):
        read(tmp_path, b"a,b\n1,2\n" + b"x" * (5 << 20))


def test_a_wrong_separator_is_told_with_the_right_one(tmp_path):
    with pytest.raises(DataError, match="column 2: fields are separated by semicolon, not by comma"):
        read(tmp_path, b"a;b\n1;2\n", separator=",")


def test_files_that_differ_in_columns_are_refused(tmp_path):
    (tmp_path / "2001.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2002.csv").write_text("a,c\n1,2\n")
    with pytest.raises(DataError, match=r"2002.csv, line 1 has other columns than .*2001.csv: b, c"):
        read(tmp_path, files=(str(tmp_path / "200?.csv"),))


def test_a_file_that_changed_since_the_draft_is_refused(tmp_path):
    (tmp_path / "loans.csv").write_text("a,b\n1,2\n")
    pinned = files_sha256([tmp_path / "loans.csv"])
    assert read(tmp_path, sha256=pinned) == [("1", "2")]
    with pytest.raises(DataError, match="changed since the contract was drafted"):
        read(tmp_path, b"a,b\n1,3\n", sha256=pinned)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="nothing.csv: no such file"):
        read(tmp_path, name="nothing.csv")
