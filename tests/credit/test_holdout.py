"""One place of the code says what a test is called, by the contract's split."""

from __future__ import annotations

from pathlib import Path

import pytest

from credit.contract import load_contract

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("assets", "bento", "cli", "credit", "federated", "pipelines", "registry")
DEFINED = {"credit/holdout.py", "credit/contract.py"}


@pytest.mark.parametrize(
    ("contract", "test"),
    [
        ("sba", "out-of-time test"),
        ("synthetic", "out-of-time test"),
        ("credit_score", "test on other customers"),
        ("home_credit", "test on other records"),
    ],
)
def test_a_test_is_called_by_how_it_stands_apart_from_the_training(contract, test):
    assert load_contract(contract).holdout.test == test


def test_no_other_place_calls_a_test_out_of_time():
    sources = [f for room in ROOMS for f in (ROOT / room).rglob("*.py")]
    assert len(sources) > 100
    told = {str(f.relative_to(ROOT)) for f in sources if "out-of-time" in f.read_text("utf-8").lower()}
    assert told == DEFINED
