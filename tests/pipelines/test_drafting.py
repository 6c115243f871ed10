"""A consortium is drafted for any contract: its own banks, or simulated ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from assets.ingestion import _consortiums
from credit.contract import load_contract
from credit.errors import DataError
from credit.home import Home
from credit.sources import raw_records
from credit.streaming import ingest_file
from federated.consortium import Consortium, load_consortium
from pipelines.drafting import _aliases, draft_consortium
from tests.credit.texts import own_contract, own_texts

BASE = Path(__file__).resolve().parents[2] / "consortium.yaml"


def drafted(
    folder: Path,
    banks: str | None = None,
    role: str = "bank",
    base: Path = BASE,
    name: str = "own",
    **columns: list[str],
) -> Consortium:
    """The consortium drafted for a contract whose column `bank` has this role, and records with these `columns`."""
    own_texts(60, **columns).write_csv(folder / "loans.csv")
    terms = own_contract().model_dump(mode="json", exclude_defaults=True) | {"name": name}
    terms["columns"][1]["role"] = role
    (folder / "own.yaml").write_text(yaml.safe_dump({**terms, "data": {"files": ["loans.csv"]}}))
    return load_consortium(draft_consortium(base, str(folder / "own.yaml"), banks, Home(folder / "home")))


@pytest.fixture(autouse=True)
def _own_data(monkeypatch):
    monkeypatch.delenv("DATA", raising=False)


def test_the_banks_of_the_data_take_part_largest_first(tmp_path):
    made = drafted(tmp_path)
    assert [b.name for b in made.banks] == ["A BANK", "B BANK"]
    assert made.partition is None
    assert made.dataset == str(tmp_path / "own.yaml")


def test_a_bank_whose_records_are_all_in_quarantine_takes_no_part(tmp_path):
    amounts = ["$20.00" if i % 3 else "n.a." for i in range(60)]  # those of B BANK can't be read
    assert [b.name for b in drafted(tmp_path, Amount=amounts).banks] == ["A BANK"]


def test_banks_are_the_values_of_the_column_that_a_partition_names(tmp_path):
    base = yaml.safe_load(BASE.read_text()) | {"partition": {"how": "column", "column": "kind"}}
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(base))
    made = drafted(tmp_path, role="input", base=tmp_path / "base.yaml")
    assert sorted(b.name for b in made.banks) == ["a", "b"]


def test_so_many_banks_take_part_as_asked_for(tmp_path):
    assert [b.alias for b in drafted(tmp_path, "1").banks] == ["a-bank"]
    with pytest.raises(DataError, match="BANKS=none"):
        drafted(tmp_path, "none")


def test_banks_are_simulated_where_the_data_name_none(tmp_path):
    made = drafted(tmp_path, "3", role="input")
    assert made.partition is not None
    assert [b.alias for b in made.banks] == ["simulated-bank-01", "simulated-bank-02", "simulated-bank-03"]


def test_another_data_set_and_each_choice_of_banks_have_a_registered_model_of_their_own(tmp_path):
    named = [drafted(tmp_path, banks).model for banks in (None, "1", "2", "all")]
    assert len(set(named)) == 4
    assert load_consortium(BASE).model not in named
    assert named[1] == "credit-scorer-own-1-banks"


@pytest.mark.parametrize("name", ["loans_", "a" * 60])
def test_names_that_make_none_for_a_registered_model_are_told_before_the_run(tmp_path, name):
    with pytest.raises(DataError, match=f"named credit-scorer-{name}, .*rename the contract"):
        drafted(tmp_path, name=name)


def test_banks_by_a_column_of_numbers_are_drafted_and_taken_in(tmp_path, monkeypatch):
    base = tmp_path / "base.yaml"
    by_region = {"partition": {"how": "column", "column": "amount"}}
    base.write_text(yaml.safe_dump(yaml.safe_load(BASE.read_text()) | by_region))
    made = drafted(tmp_path, base=base, role="input", Amount=["20", "30"] * 30)
    assert (made.name, [bank.name for bank in made.banks]) == ("2 largest banks of own", ["20.0", "30.0"])
    monkeypatch.setattr("assets.ingestion.consortium", lambda: made)
    monkeypatch.setattr("assets.ingestion.contract", lambda: load_contract(made.dataset))
    done = ingest_file(
        raw_records(made.dataset, tmp_path / "cache"),
        load_contract(made.dataset),
        tmp_path / "q.parquet",
        _consortiums,
    )
    assert done.records["amount"].unique().sort().to_list() == [20.0, 30.0]


def test_no_two_banks_have_one_alias():
    assert _aliases(["A 2", "A", "A!", "a-2"]) == ["a-2", "a", "a-3", "a-2-3"]
