"""Promotions wait for each other, on one machine and across machines."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from credit.errors import RegistryError
from registry.lock import held, lock_place


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL of this machine's own packages; skipped where there is none, or no driver."""
    pytest.importorskip("psycopg2")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs or os.geteuid() != 0:
        pytest.skip("no PostgreSQL is installed, or it may not be started")
    # pytest's own folders are closed to the user postgres.
    data = Path(tempfile.mkdtemp(prefix="postgres"))
    subprocess.run(["chown", "postgres", data], check=True)

    def as_postgres(*words: object) -> None:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *map(str, words)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    as_postgres(programs[-1] / "initdb", "-D", data, "-A", "trust")
    options = f"-c listen_addresses='' -c unix_socket_directories={data}"
    as_postgres(programs[-1] / "pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", options, "start")
    yield f"postgresql://postgres@/postgres?host={data}"
    as_postgres(programs[-1] / "pg_ctl", "-D", data, "-m", "fast", "stop")
    shutil.rmtree(data)


@pytest.fixture(params=["file", "postgres"])
def place(request, tmp_path) -> str:
    return str(tmp_path / "lock") if request.param == "file" else request.getfixturevalue("postgres")


def test_who_comes_second_waits(place):
    order: list[str] = []

    def second() -> None:
        with held(place, "scorer", seconds=20):
            order.append("second")

    with held(place, "scorer"):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.5)
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]


def test_who_waits_too_long_is_told(place):
    with (
        held(place, "scorer"),
        pytest.raises(RegistryError, match="try again later"),
        held(place, "scorer", 0.3),
    ):
        pass


def test_a_failed_promotion_sets_the_lock_free(place):
    with pytest.raises(ZeroDivisionError), held(place, "scorer"):
        raise ZeroDivisionError
    with held(place, "scorer", seconds=1):
        pass


def test_models_do_not_wait_for_each_other(postgres):
    with held(postgres, "scorer"), held(postgres, "another", seconds=1):
        pass


def test_a_postgres_store_is_its_own_lock_unless_another_place_is_chosen(monkeypatch, tmp_path):
    assert lock_place("postgresql://db/mlflow", tmp_path) == "postgresql://db/mlflow"
    assert lock_place("sqlite:///mlflow.db", tmp_path / "lock") == str(tmp_path / "lock")
    monkeypatch.setenv("FEDCREDIT_LOCK", "postgresql://db/locks")
    assert lock_place("http://mlflow:5000", tmp_path) == "postgresql://db/locks"
