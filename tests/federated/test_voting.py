import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.voting import trimmed_votes


def test_few_banks_are_all_heard():
    changes, records = np.array([[-2.0, 1.0], [4.0, 1.0]]), np.array([1.0, 3.0])
    assert trimmed_votes(changes, records) == pytest.approx([0.5, 0.5])


def test_a_bank_without_records_has_no_vote():
    changes, records = np.array([[-2.0], [9.0]]), np.array([2.0, 0.0])
    assert trimmed_votes(changes, records) == pytest.approx([-1.0])


def test_no_records_no_preference():
    assert trimmed_votes(np.ones((3, 2)), np.zeros(3)).tolist() == [0.0, 0.0]


@given(st.integers(5, 24), st.floats(1, 1e12), st.sampled_from([-1, 1]), st.integers(0, 2**32 - 1))
def test_one_bank_cannot_move_a_vote_beyond_what_the_others_say(banks, weight, direction, seed):
    rng = np.random.default_rng(seed)
    records = rng.integers(50, 5000, banks).astype(float)
    a_record = rng.normal(size=(banks, 3))
    a_record[0] = direction * weight
    votes = trimmed_votes(a_record * records[:, None], records)
    others = a_record[1:]
    assert (votes >= others.min(axis=0) - 1e-9).all() and (votes <= others.max(axis=0) + 1e-9).all()


@given(st.integers(1, 24), st.integers(0, 2**32 - 1))
def test_the_order_of_banks_does_not_matter(banks, seed):
    rng = np.random.default_rng(seed)
    changes, records = rng.normal(size=(banks, 4)), rng.integers(1, 100, banks).astype(float)
    order = rng.permutation(banks)
    assert trimmed_votes(changes[order], records[order]) == pytest.approx(trimmed_votes(changes, records))
