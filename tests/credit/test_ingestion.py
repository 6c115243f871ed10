"""No record is lost, nothing barred reaches a model, cleaning twice is cleaning once."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.contract import Contract
from credit.errors import ContractError, DataError
from credit.fields import BARRED
from credit.ingestion import ingest
from credit.leaks import barred_features, leak_findings
from tests.credit.texts import own_contract, own_texts

dirt = st.one_of(
    st.sampled_from(["", " ", "NA", "P", "D", "a", "$1,0", "-1", "1e400", "nan", "\x00"]), st.text(max_size=6)
)
dirty_records = st.fixed_dictionaries(
    dict.fromkeys(("Key", "Bank", "Status", "Kind", "Recovered"), dirt)
    | {"Amount": st.one_of(dirt, st.integers(-10, 2000).map(str))}
)


@settings(max_examples=60, deadline=None)
@given(st.lists(dirty_records, min_size=1, max_size=30))
def test_every_record_is_kept_or_in_quarantine_with_its_texts_and_a_reason(records):
    raw = pl.DataFrame(records, schema=dict.fromkeys(own_texts().columns, pl.String))
    done = ingest(raw, own_contract())
    assert sorted([*done.records["row"], *done.quarantine["row"]]) == list(range(len(records)))
    assert done.quarantine.select(raw.columns).equals(raw[done.quarantine["row"].to_list()])
    assert done.quarantine["reason"].str.len_chars().min() != 0


@settings(max_examples=40, deadline=None)
@given(st.lists(dirty_records, min_size=1, max_size=30))
def test_cleaning_what_is_clean_changes_nothing(records):
    raw = pl.DataFrame(records, schema=dict.fromkeys(own_texts().columns, pl.String))
    once = ingest(raw, own_contract()).records
    if once.is_empty():
        return
    again = once.select(
        pl.col("row").cast(pl.String).alias("Key"),
        pl.col("bank").alias("Bank"),
        pl.col("status").alias("Status"),
        pl.col("amount").cast(pl.String).alias("Amount"),
        pl.col("kind").alias("Kind"),
        pl.lit("").alias("Recovered"),
    )
    twice = ingest(again, own_contract()).records
    kept = ["bank", "status", "amount", "kind", "outcome"]
    assert twice.select(kept).equals(once.select(kept))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["feature", "input", "leak", "identity", "sensitive"]), min_size=3, max_size=3)
)
def test_no_barred_column_reaches_a_model(roles):
    columns = [c.model_dump(exclude_defaults=True) for c in own_contract().columns]
    columns[0] |= {"required": True}
    for column, role in zip(columns[3:], roles, strict=True):
        column["role"] = role
    try:
        contract = own_contract(columns=columns)
    except ValueError:
        assert "feature" not in roles
        return
    assert not [f for f in contract.features if f.role in BARRED]
    assert barred_features(contract.spec.features, contract) == []


@pytest.mark.parametrize("role", ["leak", "identity", "sensitive"])
def test_a_feature_derived_from_a_barred_column_is_refused(role):
    columns = [c.model_dump(exclude_defaults=True) for c in own_contract().columns]
    columns[5]["role"] = role
    with pytest.raises(ValueError, match="it can't be a feature"):
        own_contract(columns=columns, derived=[{"name": "share", "sql": "recovered / amount"}])


def test_of_records_with_one_key_the_first_is_kept():
    done = ingest(own_texts(4, Key=["K1", "K2", "K1", "K1"]), own_contract())
    assert done.records["row"].to_list() == [0, 1]
    assert set(done.quarantine["reason"]) == {"Key: occurs in an earlier record"}


def test_an_unseen_category_is_quarantined_by_name():
    done = ingest(own_texts(2, Kind=["a", "z"]), own_contract())
    assert done.quarantine["reason"].to_list() == ["Kind: is not a known category"]


def test_a_value_outside_a_lenient_range_is_taken_as_missing_and_counted():
    columns = [c.model_dump(exclude_defaults=True) for c in own_contract().columns]
    columns[3]["outside"] = "missing"
    done = ingest(own_texts(2, Amount=["5000", "20"]), own_contract(columns=columns))
    assert done.records["amount"].to_list() == [None, 20.0]
    assert done.mended == {"amount": 1}


def test_source_columns_may_be_named_as_the_contract_names_them():
    columns = [c.model_dump(exclude_defaults=True) | {"source": c.name} for c in own_contract().columns]
    raw = own_texts(3, Amount=["1", "x", "3"]).rename(str.lower)
    done = ingest(raw, own_contract(columns=columns))
    assert (done.records.height, done.quarantine["amount"].to_list()) == (2, ["x"])


def test_source_columns_may_be_named_as_the_pipeline_names_its_own():
    texts = own_texts(Amount=["$1.00"] * 11 + ["x"]).rename(
        {"Key": "row", "Kind": "part", "Recovered": "reason"}
    )
    contract = own_contract()
    named = {"Key": "row", "Kind": "part", "Recovered": "reason"}
    columns = [c.model_copy(update={"source": named.get(c.source, c.source)}) for c in contract.columns]
    done = ingest(texts, own_contract(columns=[c.model_dump() for c in columns]))
    assert (done.records.height, done.quarantine["row"].to_list()) == (11, [11])
    assert done.quarantine["row (source)"].to_list() == ["K11"]


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="no column 'Kind'"):
        ingest(own_texts().drop("Kind"), own_contract())


def test_a_split_by_row_is_refused_where_customers_repeat():
    columns = [c.model_dump(exclude_defaults=True) for c in own_contract().columns]
    columns[0] = {"name": "key", "source": "Key", "role": "entity"}
    with pytest.raises(ValueError, match="split by row leaks"):
        own_contract(columns=columns)


def test_the_leak_guard_finds_a_column_that_knows_the_outcome():
    raw = own_texts(
        200, Status=["DPP"[i % 3] for i in range(200)], Amount=["20" if i % 3 else "90" for i in range(200)]
    )
    found = {
        (f.column, f.check)
        for f in leak_findings(ingest(raw, own_contract()).records, own_contract().features)
        if f.blocks
    }
    assert found == {("amount", "power")}


def test_where_records_lie_is_no_part_of_what_they_mean():
    placed = Contract.model_validate(
        own_contract().model_dump(mode="json") | {"data": {"files": ["loans.csv"]}}
    )
    assert placed.fingerprint == own_contract().fingerprint
    assert "data" not in placed.model_dump()


def test_a_contract_that_is_not_there_is_named():
    from credit.contract import load_contract

    with pytest.raises(ContractError, match="no contract 'nothing'"):
        load_contract("nothing")
