"""The decision log keeps what was decided, shows what was changed, and never stops a decision."""

from __future__ import annotations

import sqlite3

import pytest

from bento.decision_log import DecisionLog, verify_log
from bento.metrics import LOST
from credit.errors import FedCreditError


@pytest.fixture
def path(tmp_path, entries):
    for _ in range(2):
        log = DecisionLog(tmp_path / "log.db")
        for entry in entries:
            log.keep(entry)
        log.close()
    return tmp_path / "log.db"


def test_every_decision_is_kept_over_restarts(path):
    assert verify_log(path) == 40


def test_an_entry_names_model_contract_data_and_run(path, entries):
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("select * from decisions").fetchone())
    version = entries[0].version
    assert (row["model_version"], row["contract"], row["run_id"]) == ("3", version.contract.fingerprint, "r1")
    assert (row["pd"], row["decision"]) == (entries[0].decision.pd, entries[0].decision.decision)


@pytest.mark.parametrize(
    "tampering",
    [
        "update decisions set decision = 'accepted', pd = 0 where rowid = 7",
        "delete from decisions where rowid = 7",
    ],
)
def test_what_was_changed_or_taken_out_shows(path, tampering):
    with sqlite3.connect(path) as database:
        database.execute(tampering)
    with pytest.raises(FedCreditError, match="decision 7"):
        verify_log(path)


def test_a_log_that_cannot_be_written_loses_and_counts_but_goes_on(tmp_path, entries):
    before = LOST._value.get()
    log = DecisionLog(tmp_path / "nowhere" / "log.db")
    for entry in entries:
        log.keep(entry)
    log.close()
    assert LOST._value.get() - before == len(entries)
