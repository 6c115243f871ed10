"""Cards tell what the champion was tested on."""

from __future__ import annotations

import polars as pl
import pytest

from credit.contract import load_contract
from registry.card import data_card, model_card

TAGS = dict.fromkeys(
    ("family", "strategy", "contract", "contract_fingerprint", "dagster_run_id", "code_revision", "created"),
    "x",
)
CHAMPION = {"version": "1", "run_id": "r1", "tags": {**TAGS, "threshold": "0.2"}}
OVERALL = dict.fromkeys(("auc", "auc_low", "auc_high", "ks", "brier", "logloss", "gap"), 0.5)
CALIBRATED = {"brier": 0.1234, "logloss": 0.4321}


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("sba", "out-of-time test"),
        ("credit_score", "test on other customers"),
        ("home_credit", "test on other records"),
    ],
)
def test_cards_call_the_test_by_the_contracts_split(name, test):
    contract, banks = load_contract(name), pl.DataFrame({"bank": ["a"], "records": [9], "defaults": [2]})
    overall = {**OVERALL, "records": 9, "defaults": 2}
    card = model_card(contract, "lenders", "credit-scorer", CHAMPION, overall, banks, CALIBRATED)
    data = data_card(contract, "lenders", {"origin": "file", "rows": 9, "sha256": "0"}, banks, 100)
    assert f"{test.capitalize()}, 9 records" in card and f"split: {test}" in card
    assert f"## {test.capitalize()}" in data
    assert ("out of time" in card) == (name == "sba")


@pytest.mark.parametrize(
    ("over_link", "told", "never"),
    [
        (False, "100 applicants are records of the source", "stay with them"),
        (True, "100 applicants are made up", "are records"),
    ],
)
def test_the_data_card_says_whose_the_applicants_are(over_link, told, never):
    banks = pl.DataFrame({"bank": ["a"], "records": [9], "defaults": [2]})
    raw = {"origin": "file", "rows": 9, "sha256": "0"}
    card = data_card(load_contract("sba"), "lenders", raw, banks, 100, over_link)
    assert told in card and never not in card


def test_the_model_card_tells_the_calibrated_losses_before_those_as_trained():
    overall = {**OVERALL, "records": 9, "defaults": 2}
    uplift = pl.DataFrame({"bank": ["a"]})
    card = model_card(load_contract("sba"), "lenders", "credit-scorer", CHAMPION, overall, uplift, CALIBRATED)
    for figure, value in (("Brier score", "0.1234"), ("Log loss", "0.4321")):
        calibrated = card.index(f"| {figure} of the calibrated probabilities that are served | {value} |")
        assert calibrated < card.index(f"| {figure}, before calibration | 0.5000 |")
