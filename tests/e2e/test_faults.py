"""What goes wrong in practice: one clear line, nothing broken, and the next run works."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import polars as pl
import pytest
import yaml

from credit.synthetic import synthetic_loans
from tests.e2e.project import ROOT

pytestmark = pytest.mark.slow


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_a_missing_data_file_is_named_with_what_to_do(fresh):
    done = fresh.run(CONSORTIUM="consortium.yaml", SBA_CSV="/nowhere/sba.csv")
    assert "SBA_CSV=/nowhere/sba.csv" in last_line(done) and "correct the path" in last_line(done)


def test_a_corrupt_data_file_is_named(fresh, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(bytes(range(256)) * 40)
    assert str(bad) in last_line(fresh.run(CONSORTIUM="consortium.yaml", SBA_CSV=str(bad)))


def test_a_file_without_a_column_of_the_contract_names_the_column(fresh, tmp_path):
    short = tmp_path / "short.csv"
    short.write_text("LoanNr_ChkDgt,Bank\n1,A\n")
    line = last_line(fresh.run(CONSORTIUM="consortium.yaml", SBA_CSV=str(short)))
    assert "MIS_Status" in line and "contract sba" in line


def test_a_bank_without_records_is_named(fresh):
    path = Path(fresh.settings["CONSORTIUM"])
    terms = yaml.safe_load(path.read_text())
    terms["banks"].append({"name": "BANK OF NOWHERE", "alias": "nowhere"})
    path.write_text(yaml.safe_dump(terms))
    line = last_line(fresh.run())
    assert "BANK OF NOWHERE" in line and "remove it" in line


def test_a_consortium_file_with_a_wrong_key_is_named_by_line(fresh):
    path = Path(fresh.settings["CONSORTIUM"])
    path.write_text(path.read_text() + "ruonds: 3\n")
    assert "ruonds" in last_line(fresh.run())


def test_after_a_killed_run_champion_and_caches_stand_and_the_next_run_works(fresh):
    first = fresh.run()
    assert first.returncode == 0, first.stderr
    champion = json.loads((fresh.home / "latest.json").read_text())["champion"]
    kill_in_the_middle(fresh)
    again = fresh.run()
    assert again.returncode == 0, again.stderr
    assert "from the cache" in again.stdout
    assert json.loads((fresh.home / "latest.json").read_text())["champion"] == champion


def kill_in_the_middle(project) -> None:
    """Start a run and kill it as soon as its first stage is over."""
    process = subprocess.Popen(
        project.words("run"),
        cwd=ROOT,
        env={**project.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("loan_records"):
            break
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL


def test_a_full_disk_ends_in_one_line_and_leaves_no_half_written_file(fresh):
    limited = subprocess.run(
        ["bash", "-c", 'ulimit -f 4000; exec "$@"', "-", *fresh.words("run")],
        cwd=ROOT,
        env={**fresh.environment, "SYNTHETIC_ROWS": "200000"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "File too large" in last_line(limited)
    assert not list((fresh.home / "data").rglob("*.parquet"))
    assert fresh.run().returncode == 0


def test_a_bank_with_flipped_outcomes_is_named_and_no_model_is_promoted(fresh, tmp_path):
    flipped = pl.col("Status").replace({"PAID": "DEFAULT", "DEFAULT": "PAID"})
    loans = synthetic_loans(12_000, 5, seed=0)
    of_second = pl.col("Lender").str.to_uppercase().str.contains("BANK 02")
    loans.with_columns(pl.when(of_second).then(flipped).otherwise("Status").alias("Status")).write_csv(
        tmp_path / "loans.csv"
    )
    contract = yaml.safe_load((ROOT / "credit" / "contracts" / "synthetic.yaml").read_text())
    contract["data"] = {"files": ["loans.csv"]}
    (tmp_path / "loans.yaml").write_text(yaml.safe_dump(contract))
    path = Path(fresh.settings["CONSORTIUM"])
    terms = yaml.safe_load(path.read_text()) | {
        "dataset": str(tmp_path / "loans.yaml"),
        "strategy": "histogram",
    }
    terms["banks"] = [{"name": f"BANK 0{i}", "alias": f"bank-0{i}"} for i in range(1, 6)]
    path.write_text(yaml.safe_dump(terms))
    line = last_line(fresh.run())
    assert "banks shut out" in line and "bank-02" in line
