"""A drafted contract reads its file, and says why it is as it is."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.contract import Contract
from credit.drafting import Draft, draft_contract
from credit.errors import DataError
from credit.fields import Role
from credit.ingestion import ingest
from credit.limits import fitted_limits
from credit.profiles import names_for
from credit.synthetic import synthetic_loans
from tests.credit.texts import kept_in, sample


def drafted(texts: pl.DataFrame, folder, target: str = "", seed: int = 0) -> tuple[Draft, Contract]:
    draft = draft_contract(kept_in(folder, texts), "own", {}, target, seed)
    return draft, Contract.model_validate(yaml.safe_load(draft.text))


columns = {
    "Amount": st.floats(1, 1e6).map(lambda v: f"${v:,.2f}"),
    "Years": st.floats(0, 60).map(lambda v: f"{v:.1f}"),
    "Change": st.integers(-50, 50).map(str),
    "History": st.integers(0, 400).map(lambda m: f"{m // 12} Years and {m % 12} Months"),
    "Sector": st.sampled_from(["trade", "food", "NA", "Naïve"]),
    "Opened": st.dates().map(str),
}


@settings(max_examples=20, deadline=None)
@given(st.data(), st.sets(st.sampled_from(sorted(columns)), min_size=1), st.integers(40, 120))
def test_a_draft_of_a_generated_file_checks_clean(tmp_path_factory, data, chosen, n):
    texts = {name: data.draw(st.lists(columns[name], min_size=n, max_size=n)) for name in sorted(chosen)}
    raw = pl.DataFrame(
        {"Default": ["01"[i % 3 == 0] for i in range(n)], "Score": [str(i % 7) for i in range(n)], **texts}
    )
    _, contract = drafted(raw, tmp_path_factory.mktemp("draft"))
    assert ingest(raw, contract).quarantine.is_empty()


def test_roles_of_the_synthetic_loans_are_found_with_reasons(tmp_path):
    draft, contract = drafted(synthetic_loans(6000, 4, seed=0), tmp_path)
    roles = {f.name: f.role for f in contract.columns}
    assert roles["lender"] is Role.BANK
    assert roles["status"] is Role.TARGET
    assert roles["loan_id"] is Role.IDENTITY
    assert roles["approved"] is Role.TIME
    assert {roles["months_on_books"], roles["recovered"]} == {Role.LEAK}
    assert contract.classes == ("paid", "default")
    assert "alone ranks outcomes with AUC" in next(
        p.reason for p in draft.proposals if p.profile.name == "months_on_books"
    )


@pytest.mark.parametrize("name", ["loan_id", "Order"])
def test_a_blank_or_doubled_line_makes_no_feature_of_a_key(tmp_path, name):
    keys = [str(100_000 + i) for i in range(2997)] + ["100000", "100001", ""]
    raw = pl.DataFrame(
        {name: keys, "Default": ["0", "1", "0"] * 1000, "Age": [str(i % 60) for i in range(3000)]}
    )
    _, contract = drafted(raw, tmp_path)
    assert [c.role for c in contract.columns if c.source == name] == [Role.IDENTITY]
    assert not ingest(raw, contract).quarantine.height


def test_a_customer_that_no_name_tells_is_asked_about(tmp_path):
    raw = pl.DataFrame(
        {
            "Kunde": [f"K{i // 4}" for i in range(1200)],
            "Default": ["0", "1"] * 600,
            "Age": [str(i % 60) for i in range(1200)],
        }
    )
    draft, _ = drafted(raw, tmp_path)
    assert "4.0 records have each value: if it is the customer, give it the role entity" in draft.text


def test_sentinels_and_slips_are_taken_as_not_known(tmp_path):
    _, contract = drafted(synthetic_loans(6000, 4, seed=0), tmp_path)
    years = next(c for c in contract.columns if c.name == "years_employed")
    assert years.outside == "missing"
    assert years.range is not None
    assert (years.range[1] or 0) < 365243


def test_a_note_on_values_left_out_stands_only_where_the_draft_leaves_them_out(tmp_path):
    draft, contract = drafted(synthetic_loans(6000, 4, seed=0), tmp_path)
    left_out = {c.name for c in contract.columns if c.outside == "missing"}
    assert left_out == {p.profile.name for p in draft.proposals if "stand apart" in p.notes()}
    assert left_out


@pytest.mark.parametrize("spelt", ["{:.2f}", "{:,.2f}", "€ {:,.2f}"])
def test_a_decimal_comma_is_found_and_read_as_one(tmp_path, spelt):
    amounts = [800.5 + 117.25 * i for i in range(60)]
    english = pl.Series([spelt.format(a) for a in amounts])
    german = english.str.replace_all(",", "_").str.replace(r"\.", ",").str.replace_all("_", ".")
    raw = pl.DataFrame({"Default": ["0", "1", "0"] * 20, "Amount": german})
    draft, contract = drafted(raw, tmp_path)
    assert ingest(raw, contract).records["amount"].to_list() == amounts
    assert "a comma parts the fraction" in draft.text


@pytest.mark.parametrize("as_text", [str, datetime.isoformat, lambda t: t.strftime("%d %B %Y")])
def test_the_time_of_a_decision_splits_in_whichever_form_it_is_written(tmp_path, as_text):
    times = [datetime(2010 + i % 8, 1 + i % 12, 1 + i % 28, i % 24) for i in range(400)]
    raw = pl.DataFrame(
        {
            "Default": ["0", "1"] * 200,
            "Age": [str(i % 60) for i in range(400)],
            "Approved": [*map(as_text, times)],
        }
    )
    _, contract = drafted(raw, tmp_path)
    assert contract.split.by == "time"
    assert ingest(raw, contract).quarantine.is_empty()


def test_limits_are_drafted_for_long_tails(tmp_path):
    _, contract = drafted(synthetic_loans(6000, 4, seed=0), tmp_path)
    debt = next(c for c in contract.columns if c.name == "debt")
    assert debt.log
    assert debt.clip is not None


def test_the_credit_score_sample_is_understood(tmp_path):
    _, contract = drafted(sample("kaggle_credit_score_sample.parquet"), tmp_path)
    columns = {c.source: c for c in contract.columns}
    assert contract.classes == ("good", "standard", "poor")
    assert columns["Credit_History_Age"].parse == "duration"
    assert {columns[c].role for c in ("SSN", "Name", "ID")} == {Role.IDENTITY}
    assert "!@9#%8" in columns["Payment_Behaviour"].missing
    assert columns["Age"].outside == "missing"


def test_a_file_without_a_likely_outcome_asks_for_it(tmp_path):
    raw = pl.DataFrame({"A": ["1", "2", "3"] * 20, "B": ["x", "y", "x"] * 20})
    with pytest.raises(DataError, match="name it with --target"):
        drafted(raw, tmp_path)
    with pytest.raises(DataError, match="no column 'C'"):
        drafted(raw, tmp_path, "C")


@pytest.mark.parametrize("seed", [0, 7])
def test_limits_are_fitted_on_what_a_run_of_that_seed_trains_on(tmp_path, seed):
    amounts = [str(round(10 * 1.02**i, 2)) for i in range(500)]
    raw = pl.DataFrame({"Default": ["0", "1"] * 250, "Amount": amounts})
    _, contract = drafted(raw, tmp_path, seed=seed)
    limits = {c.name: c.clip for c in contract.columns if c.clip}
    assert limits == fitted_limits(raw, contract, limits, seed)
    assert limits != fitted_limits(raw, contract, limits, seed + 1)


def test_no_two_columns_get_one_name():
    assert names_for(["a_2", "a", "A", "Row", "2nd"]) == ["a_2", "a", "a_3", "row_column", "c_2nd"]
