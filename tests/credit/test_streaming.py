"""A file in slices comes to the same as the file at once."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from credit.contract import load_contract
from credit.errors import DataError
from credit.ingestion import ingest
from credit.streaming import compact, ingest_file
from credit.synthetic import synthetic_chunks, synthetic_loans, write_synthetic
from tests.credit.texts import kept_in, own_contract, own_texts

SYNTHETIC = load_contract("synthetic")


@pytest.mark.parametrize("slice_rows", [1000, 333, 5000])
def test_slices_give_what_the_whole_gives(tmp_path, slice_rows):
    loans = synthetic_loans(2000, 4, seed=1)
    done = ingest_file(kept_in(tmp_path, loans), SYNTHETIC, tmp_path / "q.parquet", slice_rows=slice_rows)
    whole = ingest(loans, SYNTHETIC)
    assert_frame_equal(done.records, whole.records)
    assert_frame_equal(pl.read_parquet(tmp_path / "q.parquet"), whole.quarantine)
    assert_frame_equal(done.reasons, whole.reasons())
    assert (done.rows, done.kept, done.quarantined) == (2000, whole.records.height, whole.quarantine.height)
    assert dict(done.mended) == whole.mended


def test_what_stays_in_memory_holds_no_name(tmp_path):
    raw = kept_in(tmp_path, synthetic_loans(500, 2, seed=1))
    done = ingest_file(raw, SYNTHETIC, tmp_path / "q.parquet", lambda r: compact(r, SYNTHETIC))
    assert {"borrower", "loan_id"} & set(done.records.columns) == set()
    assert isinstance(done.records["sector"].dtype, pl.Enum)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (own_texts(8, Amount=[""] * 8), "feature amount .column 'Amount'. has no value"),
        (own_texts(8, Status=["P"] * 8), "is 'paid' in all 8 records"),
        (own_texts(8, Kind=["z"] * 8), "all 8 records are in quarantine.*Kind: is not a known category"),
        (own_texts(0), "no record stands below"),
    ],
)
def test_a_file_that_nothing_can_be_learnt_from_is_refused(tmp_path, texts, message):
    raw = kept_in(tmp_path, texts.with_columns(pl.all().cast(pl.String)))
    with pytest.raises(DataError, match=message):
        ingest_file(raw, own_contract(), tmp_path / "q.parquet")


def test_synthetic_loans_are_the_same_in_a_file(tmp_path):
    write_synthetic(tmp_path / "loans.parquet", 300, 3, seed=2)
    assert pl.read_parquet(tmp_path / "loans.parquet").equals(synthetic_loans(300, 3, seed=2))


def test_chunks_of_synthetic_loans_number_on():
    keys = pl.concat(synthetic_chunks(100, 2, 0, chunk=30))["Loan Id"]
    assert keys.max() == "L000000099"
