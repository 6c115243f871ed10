"""A data set's records are converted once, and again when their source changes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml

from credit.errors import DataError
from credit.sources import raw_records, source_state
from tests.credit.texts import own_contract, own_texts


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A contract file beside its data."""
    monkeypatch.delenv("DATA", raising=False)
    own_texts().write_csv(tmp_path / "loans.csv")
    content = own_contract().model_dump(mode="json") | {"data": {"files": ["loans.csv"]}}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content))
    return tmp_path / "own.yaml"


def test_records_are_converted_once(own, tmp_path, monkeypatch):
    first = raw_records(str(own), tmp_path / "cache")
    monkeypatch.setattr("credit.sources._looked_at", pytest.fail)
    assert raw_records(str(own), tmp_path / "cache").rows == first.rows == 12


def test_only_what_an_earlier_process_left_is_told_as_cached(tmp_path):
    code = (
        "import sys; from pathlib import Path; from credit.sources import raw_records; "
        "print([raw_records('synthetic', Path(sys.argv[1])).cached for _ in range(2)])"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env={**os.environ, "SYNTHETIC_ROWS": "200"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for _ in range(2)
    ]
    assert told == ["[False, False]", "[True, True]"]


def test_a_changed_file_changes_the_state_and_is_converted_again(own, tmp_path):
    raw_records(str(own), tmp_path / "cache")
    before = source_state(str(own))
    own_texts(5).write_csv(tmp_path / "loans.csv")
    assert source_state(str(own)) != before
    assert raw_records(str(own), tmp_path / "cache").rows == 5


def test_the_environment_names_other_data(own, tmp_path, monkeypatch):
    own_texts(7).write_csv(tmp_path / "other.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA", "other.csv")
    assert raw_records(str(own), tmp_path / "cache").rows == 7
    assert os.path.join(tmp_path, "other.csv") in source_state(str(own))


def test_a_contract_without_data_says_how_to_name_them(tmp_path, monkeypatch):
    monkeypatch.delenv("DATA", raising=False)
    with pytest.raises(DataError, match="set DATA="):
        raw_records("credit_score", tmp_path)
