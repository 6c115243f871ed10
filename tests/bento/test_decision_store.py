"""Decisions are kept in PostgreSQL as in SQLite."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bento.decision_log import DecisionLog, decision_on, verify_log
from bento.decision_store import COLUMNS, StoreError, store_of
from bento.metrics import LOST
from credit.errors import FedCreditError

psycopg = pytest.importorskip("psycopg")
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not BINARIES or not shutil.which("runuser"), reason="needs PostgreSQL on this machine"
    ),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    """A PostgreSQL of its own, on a socket in a folder."""
    folder = Path("/tmp") / f"fedcredit-pg-{os.getpid()}"
    folder.mkdir()
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")

    def run(tool: str, *arguments: str) -> None:
        command = [str(BINARIES[-1].with_name(tool)), *arguments]
        user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run([*user, *command], check=True, stdout=subprocess.DEVNULL, cwd=folder)

    run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "fedcredit")
    run("pg_ctl", "-D", str(folder / "data"), "-w", "-l", str(folder / "log"),
        "-o", f"-k {folder} -c listen_addresses=''", "start")  # fmt: skip
    yield f"postgresql://fedcredit@/postgres?host={folder}"
    run("pg_ctl", "-D", str(folder / "data"), "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def test_decisions_are_kept_by_several_writers_and_chained(url, entries):
    logs = [DecisionLog(url) for _ in range(2)]
    for log in logs:
        for entry in entries:
            log.keep(entry)
    for log in logs:
        log.close()
    assert verify_log(url)[0] == 2 * len(entries)
    assert decision_on(url, "r0")["model_version"] == entries[0].version.version
    assert [row[9] for row, _ in store_of(url).read()][: len(entries)] != []


def write(url, entries) -> None:
    log = DecisionLog(url)
    for entry in entries:
        log.keep(entry)
    log.close()


def test_what_was_changed_shows(url, entries):
    write(url, entries[:1])
    with psycopg.connect(url) as database:
        database.execute("update decisions set pd = 0 where id = (select min(id) from decisions)")
    with pytest.raises(FedCreditError, match="decision 1"):
        verify_log(url)


def test_an_older_log_goes_on(url, entries):
    write(url, entries[:1])
    with psycopg.connect(url) as database:
        database.execute("delete from decisions")
        database.execute("alter table decisions drop column decided_by")
        row = entries[0].row()[:-1]
        link = hashlib.sha256(json.dumps(row).encode()).hexdigest()
        marks = ", ".join(["%s"] * (len(row) + 1))
        database.execute(
            f"insert into decisions ({', '.join(COLUMNS[:-1])}, chain) values ({marks})", (*row, link)
        )
    assert verify_log(url)[0] == 1
    write(url, [replace(entries[1], request_id="newer")])
    assert verify_log(url)[0] == 2
    assert [decision_on(url, r)["decided_by"] for r in (entries[0].request_id, "newer")] == [None, "shared"]


def test_a_database_that_is_away_loses_and_counts_but_holds_nothing_up(entries):
    before = LOST._value.get()
    log = DecisionLog("postgresql://nobody@/none?host=/tmp/fedcredit-nowhere")
    for entry in entries:
        log.keep(entry)
    log.close()
    assert LOST._value.get() - before == len(entries)


def test_another_kind_of_database_is_refused():
    with pytest.raises(StoreError, match="postgresql://"):
        store_of("mysql://x")
