"""Simulated banks: seeded, complete, as far apart as asked for."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.contract import Contract
from credit.errors import ContractError, DataError
from credit.partition_plot import partition_plot
from credit.partitioning import BANK, Partition, bank_table, with_banks
from tests.credit.texts import own_contract


def terms(role: str = "input") -> Contract:
    columns = [c.model_dump(exclude_defaults=True) for c in own_contract().columns]
    columns[0] = {"name": "key", "source": "Key", "role": "entity"}
    columns[1] = {"name": "bank", "source": "Bank", "role": role}
    return own_contract(columns=columns, split={"by": "entity"})


def records(n: int = 3000, months: int = 3) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    outcome = np.repeat((rng.random(n) < 0.3).astype(int), months)
    key = np.repeat([f"C{i}" for i in range(n)], months)
    return pl.DataFrame({"row": range(n * months), "key": key, "outcome": outcome, "bank": "B"})


hows = st.sampled_from(["iid", "size", "label", "quantity_label"])


@settings(max_examples=20, deadline=None)
@given(hows, st.integers(2, 8), st.sampled_from([0.5, 1.0, 100.0]), st.integers(0, 9))
def test_every_record_has_a_bank_and_a_customer_has_one(how, banks, alpha, seed):
    made = with_banks(records(), terms(), Partition(how=how, banks=banks, alpha=alpha), seed)
    assert made.drop(BANK).equals(records())
    assert made[BANK].null_count() == 0
    assert made[BANK].n_unique() == banks
    assert made.group_by("key").agg(pl.col(BANK).n_unique())[BANK].max() == 1


def test_the_same_seed_shares_out_alike():
    partition = Partition(how="quantity_label", banks=5)
    first, second, other = (with_banks(records(), terms(), partition, s)[BANK] for s in (1, 1, 2))
    assert first.equals(second)
    assert not first.equals(other)


def rates(how: str, alpha: float) -> pl.DataFrame:
    return bank_table(with_banks(records(), terms(), Partition(how=how, banks=4, alpha=alpha), 0), 2)


def test_iid_banks_are_alike():
    table = rates("iid", 1.0)
    assert table["records"].max() - table["records"].min() <= 3
    assert table["worst_rate"].max() - table["worst_rate"].min() < 0.08


def test_size_skew_leaves_the_outcomes_alike():
    table = rates("size", 1.0)
    assert table["records"].max() > 2 * table["records"].min()
    assert table["worst_rate"].max() - table["worst_rate"].min() < 0.12


def test_label_skew_grows_as_alpha_falls():
    far, near = (rates("label", alpha)["worst_rate"].std() for alpha in (0.5, 100.0))
    assert far > 3 * near


def test_banks_may_be_the_values_of_a_column():
    made = with_banks(records(), terms(), Partition(how="column", column="bank"), 0)
    assert made[BANK].unique().to_list() == ["B"]


def test_a_partition_that_cannot_be_is_refused():
    with pytest.raises(ContractError, match="no column with the role bank"):
        with_banks(records(), terms(), None, 0)
    with pytest.raises(ContractError, match="'nowhere' is none of contract own"):
        with_banks(records(), terms(), Partition(how="column", column="nowhere"), 0)
    with pytest.raises(DataError, match="take fewer banks"):
        with_banks(records(500, 1), terms(), Partition(how="size", banks=60, alpha=0.05), 0)


def test_the_picture_is_a_picture():
    assert partition_plot(rates("size", 1.0), "default").startswith(b"\x89PNG")
