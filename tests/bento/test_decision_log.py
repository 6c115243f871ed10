"""The decision log keeps what was decided, shows what was changed, and never stops a decision."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import replace

import pytest

from bento.decision_log import DecisionLog, decision_on, verify_log
from bento.decision_store import COLUMNS
from bento.metrics import LOST
from credit.errors import FedCreditError


@pytest.fixture
def path(tmp_path, entries):
    for _ in range(2):
        write(tmp_path / "log.db", entries)
    return tmp_path / "log.db"


def test_every_decision_is_kept_over_restarts(path):
    assert verify_log(path)[0] == 40


def test_an_entry_names_model_contract_data_and_run(path, entries):
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("select * from decisions").fetchone())
    version = entries[0].version
    assert (row["model_version"], row["contract"], row["run_id"]) == ("3", version.contract.fingerprint, "r1")
    assert (row["pd"], row["decision"]) == (entries[0].decision.pd, entries[0].decision.decision)
    assert row["decided_by"] == "shared"


@pytest.mark.parametrize(
    "tampering",
    [
        "update decisions set decision = 'accepted', pd = 0 where rowid = 7",
        "delete from decisions where rowid = 7",
        "update decisions set decided_by = 'own' where rowid = 7",
        "update decisions set decided_by = null where rowid = 7",
    ],
)
def test_what_was_changed_or_taken_out_shows(path, tampering):
    with sqlite3.connect(path) as database:
        database.execute(tampering)
    with pytest.raises(FedCreditError, match="decision 7"):
        verify_log(path)


def test_that_the_newest_decisions_are_gone_shows_against_a_link_kept_elsewhere(path):
    newest = verify_log(path)[1]
    with sqlite3.connect(path) as database:
        kept = database.execute("select chain from decisions where rowid = 38").fetchone()[0]
        database.execute("delete from decisions where rowid > 38")
    assert verify_log(path, holds=kept) == (38, kept)
    with pytest.raises(FedCreditError, match=newest):
        verify_log(path, holds=newest)


def test_a_log_that_cannot_be_written_loses_and_counts_but_goes_on(tmp_path, entries):
    before = LOST._value.get()
    log = DecisionLog(tmp_path / "nowhere" / "log.db")
    for entry in entries:
        log.keep(entry)
    log.close()
    assert LOST._value.get() - before == len(entries)


@pytest.fixture
def older(tmp_path, entries):
    """A log of a service that did not keep yet whose model decided."""
    columns = COLUMNS[:-1]
    with sqlite3.connect(tmp_path / "older.db") as database:
        database.execute(
            f"create table decisions (id integer primary key autoincrement, {', '.join(columns)}, chain text not null)"
        )
        chain = ""
        for entry in entries:
            row = entry.row()[:-1]
            chain = hashlib.sha256((chain + json.dumps(row)).encode()).hexdigest()
            marks = ", ".join("?" * (len(row) + 1))
            database.execute(
                f"insert into decisions ({', '.join(columns)}, chain) values ({marks})", (*row, chain)
            )
    return tmp_path / "older.db"


def write(path, entries) -> None:
    log = DecisionLog(path)
    for entry in entries:
        log.keep(entry)
    log.close()


def test_an_older_log_is_still_as_it_was_recorded(older, entries):
    assert verify_log(older)[0] == len(entries)
    assert decision_on(older, "r3")["decided_by"] is None


def test_an_older_log_goes_on_and_keeps_whose_model_decided(older, entries):
    write(older, [replace(entry, request_id=f"new {entry.request_id}") for entry in entries])
    assert verify_log(older)[0] == 2 * len(entries)
    told = [decision_on(older, request)["decided_by"] for request in ("r3", "new r3")]
    assert told == [None, "shared"]


def test_what_is_said_later_about_an_older_entry_shows(older, entries):
    write(older, entries)
    with sqlite3.connect(older) as database:
        database.execute("update decisions set decided_by = 'own' where id = 3")
    with pytest.raises(FedCreditError, match="decision 3"):
        verify_log(older)
