"""A library is loaded as if another were not installed, and the other can still be had."""

from __future__ import annotations

import subprocess
import sys
from threading import Thread

import pytest

from credit.imports import absent


def test_a_package_is_absent_within_and_back_after(monkeypatch):
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    with absent("wave"), pytest.raises(ModuleNotFoundError, match="No module named 'wave'"):
        import wave
    import wave

    assert wave.open


def test_other_threads_import_as_ever(monkeypatch):
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    with absent("wave"):
        other = Thread(target=__import__, args=("wave",))
        other.start()
        other.join()
    assert "wave" in sys.modules


def test_records_are_checked_without_pandas_and_hypothesis():
    code = """
import sys
import polars as pl
from credit.contract import load_contract
from credit.ingestion import ingest
from credit.synthetic import synthetic_loans
assert ingest(synthetic_loans(500, 2, seed=0), load_contract("synthetic")).quarantine.height
print(sorted({"pandas", "hypothesis"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
