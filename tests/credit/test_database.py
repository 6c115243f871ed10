"""A database's table is read as its values are, read again when one changes, and tells no password."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import yaml

from credit.data import Data
from credit.database import _text
from credit.errors import DataError
from credit.readers import texts
from credit.sources import own_records, raw_records
from tests.credit.texts import own_contract, own_texts


def table(folder: Path, columns: str, rows: list[tuple]) -> Data:
    """The table `loans` of a SQLite database in `folder`."""
    with sqlite3.connect(folder / "bank.db") as base:
        base.execute(f"create table loans ({columns})")
        base.executemany(f"insert into loans values ({', '.join('?' * len(rows[0]))})", rows)
    return Data(url=f"sqlite:///{folder}/bank.db", query="loans")


def change(folder: Path, sql: str) -> None:
    with sqlite3.connect(folder / "bank.db") as base:
        base.execute(sql)


def rows(data: Data, folder: Path) -> list[tuple]:
    return texts(data, folder).select(pl.all()).rows()


def test_a_table_is_read_in_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("credit.database.CHUNK", 2)
    data = table(tmp_path, "a int, b text", [(i, None if i % 2 else "x") for i in range(5)])
    assert rows(data, tmp_path) == [(str(i), None if i % 2 else "x") for i in range(5)]


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [("decimal(10,2)", 100, 0.75), ("", 1, 1.75), ("text", None, "x"), ("", "x", 2**53 + 1)],
)
def test_a_late_value_is_read_as_it_is(tmp_path, kind, first, last):
    found = rows(table(tmp_path, f"a {kind}", [(first,)] * 150 + [(last,)]), tmp_path)
    assert found == [(None if first is None else str(first),)] * 150 + [(str(last),)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.75"), "1.75"),
        (Decimal("1E+3"), "1000"),
        (True, "true"),
        (b"CA", "CA"),
        (None, None),
        (0.1, "0.1"),
    ],
)
def test_a_driver_s_own_types_become_texts(value, text):
    assert _text(value) == text


def test_a_query_is_sent_as_it_is(tmp_path):
    data = table(tmp_path, "a int, b text", [(3, "x"), (4, "12:30")])
    query = "select a % 2 as odd from loans where b = '12:30' or b like '%x'"
    assert rows(data.model_copy(update={"query": query}), tmp_path) == [("1",), ("0",)]


def test_two_columns_of_one_name_are_told(tmp_path):
    data = table(tmp_path, "a int", [(1,)]).model_copy(update={"query": "select a, a from loans"})
    with pytest.raises(DataError, match="two columns are named a; rename one in the query"):
        texts(data, tmp_path)


@pytest.mark.parametrize("sql", ["update loans set b = 'y' where a = 1", "alter table loans rename b to c"])
def test_the_state_changes_with_the_content_at_the_same_number_of_rows(tmp_path, sql):
    data = table(tmp_path, "a int, b text", [(1, "x"), (2, "x"), (2, "x")])
    before = data.state()
    change(tmp_path, sql)
    changed = data.state()
    assert changed != before
    assert "(3 rows, " in changed


def test_the_order_of_rows_is_no_part_of_the_state(tmp_path):
    data = table(tmp_path, "a int", [(1,), (2,)])
    states = {
        data.model_copy(update={"query": f"select * from loans order by a {way}"}).state()[-34:]
        for way in ("asc", "desc")
    }
    assert len(states) == 1


def test_records_updated_in_place_are_read_again(tmp_path, monkeypatch):
    monkeypatch.delenv("DATA", raising=False)
    records = own_texts()
    data = table(tmp_path, ", ".join(records.columns), records.rows())
    content = own_contract().model_dump(mode="json") | {"data": {"url": data.url, "query": "loans"}}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content))

    def outcomes() -> set:
        return set(
            raw_records(str(tmp_path / "own.yaml"), tmp_path / "cache").select(pl.col("Status"))["Status"]
        )

    assert outcomes() == {"P", "D"}
    change(tmp_path, "update loans set Status = 'D'")
    assert outcomes() == {"D"}


def test_looking_for_a_database_makes_none(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        texts(Data(url=f"sqlite:///{tmp_path}/none.db", query="loans"), tmp_path)
    assert not (tmp_path / "none.db").exists()


def test_a_password_is_never_told(tmp_path):
    with pytest.raises(DataError) as caught:
        texts(Data(url="sqlite://user:secret@nowhere/x.db", query="t"), tmp_path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("password", ["se$cret1", "hunter2@Tail99", "abc/def", "a:b#c%40", "$HOME"])
@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://$DB_USER:$DB_PASSWORD@host/loans",
        "postgresql+psycopg://u:${DB_PASSWORD}@host/loans",
    ],
)
def test_any_password_may_stand_in_the_environment(monkeypatch, password, url):
    monkeypatch.setenv("DB_USER", "u")
    monkeypatch.setenv("DB_PASSWORD", password)
    address = Data(url=url).address()
    assert (address.username, address.password, address.host, address.database) == (
        "u",
        password,
        "host",
        "loans",
    )
    assert address.render_as_string(hide_password=True) == "postgresql+psycopg://u:***@host/loans"


def test_host_port_database_and_the_whole_url_may_stand_there_too(monkeypatch):
    for name, value in {
        "PLACE": "db.example:5433",
        "BASE": "loans",
        "WHOLE": "postgresql://u:p%40q@h/b",
    }.items():
        monkeypatch.setenv(name, value)
    address = Data(url="postgresql://u@$PLACE/$BASE?sslmode=require").address()
    assert (address.host, address.port, address.database) == ("db.example", 5433, "loans")
    assert (Data(url="$WHOLE").address().password, Data(url="$WHOLE").address().database) == ("p@q", "b")


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("DB_PASSWORD", raising=False)
    with pytest.raises(DataError, match="needs DB_PASSWORD in the environment"):
        Data(url="postgresql://u:$DB_PASSWORD@h/b").address()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@h/db",
        "postgresql://u:hunter$DB@h/db",
        "postgresql://h/db?user=u&password=hunter2",
        "mssql+pyodbc:///?odbc_connect=UID%3Du%3BPWD%3Dhunter2%3BDATABASE%3Ddb",
    ],
)
def test_no_password_gets_into_a_drafted_contract(tmp_path, url):
    with pytest.raises(DataError, match="holds a password") as caught:
        own_records(f"{url}#loans", tmp_path / "cache", tmp_path)
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:$DB@h/db",
        "postgresql://u@h:5432/db",
        "$URL",
        "sqlite:///a.db",
        "postgresql://h/d?password=${P}",
    ],
)
def test_a_url_that_names_its_password_tells_none(url):
    assert not Data(url=url).holds_password()
