"""From a decision of the running service back to the banks' data; and a version made champion by hand."""

import json
import sqlite3
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from bento.decision_log import verify_log
from bento.decision_store import StoreError
from credit.fingerprints import frame_fingerprint

pytestmark = pytest.mark.slow
MODEL = ("--model", "credit-scorer-synthetic")


@pytest.fixture(scope="module")
def decided(finished, tmp_path_factory) -> tuple[Path, str]:
    """The decision log of a service, and the id of its second decision."""
    log = tmp_path_factory.mktemp("log") / "decisions.db"
    kept = replace(finished, settings={**finished.settings, "FEDCREDIT_DECISION_LOG": str(log)})
    package = finished.home / "packages" / "credit-scorer-synthetic-1"
    cases = json.loads((package / "golden.json").read_text())[:3]
    with kept.server("serve", *MODEL, path="/health") as url:
        ids = [asked(f"{url}/predict", case["applicant"]) for case in cases]
        deadline = time.monotonic() + 20
        while decisions(log) < len(ids) and time.monotonic() < deadline:
            time.sleep(0.2)
    return log, ids[1]


def asked(url: str, applicant: dict) -> str:
    request = urllib.request.Request(
        url, json.dumps(applicant).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.headers["X-Request-ID"]


def decisions(log: Path) -> int:
    try:
        return verify_log(log)[0]
    except StoreError:  # the service has not made its table yet
        return 0


def audit(project, *words):
    done = project.command("audit", *words, *MODEL, COLUMNS="200")
    return done.returncode, done.stdout + done.stderr


def test_a_decision_leads_back_to_the_records_that_the_banks_hold(finished, decided):
    log, request = decided
    code, told = audit(finished, "trace", request, "--log", str(log))
    assert code == 0 and "as they were recorded" in told
    for bank in ("bank-01", "bank-02", "bank-03"):
        stored = finished.home / "storage" / "loan_records" / bank / "value"
        frames = [pl.read_parquet(stored / f"{part}.parquet") for part in ("train", "validation", "test")]
        assert frame_fingerprint(*frames) in told


def test_a_decision_changed_afterwards_is_found(finished, decided, tmp_path):
    log, request = tmp_path / "forged.db", decided[1]
    # Not a copy of the file: the newest entries stand in its write-ahead log.
    with sqlite3.connect(decided[0]) as kept, sqlite3.connect(log) as forged:
        kept.backup(forged)
    code, told = audit(finished, "verify", "--log", str(log))
    assert code == 0 and "3 decisions" in told
    with sqlite3.connect(log) as database:
        database.execute("update decisions set pd = 0 where request_id = ?", (request,))
    for words in (("verify",), ("trace", request)):
        code, told = audit(finished, *words, "--log", str(log))
        assert code == 1 and "decision 2 of the log is not as it was written" in told


def test_a_version_that_was_never_packaged_is_packaged_when_it_becomes_champion(finished):
    package = finished.home / "packages" / "credit-scorer-synthetic-1"
    before = package.with_name("before")
    package.rename(before)
    done = finished.command("promote", "1", "--override", "packaged again", *MODEL)
    assert done.returncode == 0, done.stderr
    assert f"fedcredit serve --bento {package}" in " ".join(done.stdout.split())
    assert package.with_name("credit-scorer-synthetic@champion").resolve() == package
    assert (package / "golden.json").read_bytes() == (before / "golden.json").read_bytes()


def test_a_version_is_not_packaged_from_another_data_sets_records(finished):
    package = finished.home / "packages" / "credit-scorer-synthetic-1"
    stored = finished.home / "storage" / "raw_loan_records" / "value" / "value.json"
    of_this = stored.read_text()
    stored.write_text(of_this.replace('"Loan Id"', '"LoanNr"'))
    package.rename(package.with_name("aside"))
    done = finished.command("promote", "1", "--override", "after a run of other records", *MODEL)
    package.with_name("aside").rename(package)
    stored.write_text(of_this)
    assert done.returncode == 1 and "other records than those of contract synthetic" in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_model_that_no_file_is_about_names_the_command_to_run(finished, tmp_path):
    package = finished.home / "packages" / "credit-scorer-synthetic-1"
    drafted = finished.home / "consortia"
    package.rename(package.with_name("aside"))
    drafted.rename(tmp_path / "consortia")
    done = finished.command("promote", "1", "--override", "once more", *MODEL)
    (tmp_path / "consortia").rename(drafted)
    package.with_name("aside").rename(package)
    assert done.returncode == 1 and "run `make run` with its data set and banks" in done.stderr
