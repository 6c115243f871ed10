"""A registered model's name is one that BentoML takes for a Bento as it stands."""

from __future__ import annotations

import pytest
from bentoml import Tag
from hypothesis import given
from hypothesis import strategies as st

from credit.model_name import PATTERN, is_model_name


@given(st.from_regex(PATTERN, fullmatch=True))
def test_bentoml_takes_every_model_name_unchanged(name):
    assert str(Tag.from_str(f"{name}:v1")) == f"{name}:v1"


@pytest.mark.parametrize("name", ["credit-scorer", "a", "loans_2.0", "x" * 63])
def test_plain_names_are_model_names(name):
    assert is_model_name(name)


@pytest.mark.parametrize("name", ["", "Loans", "two words", "-a", "a_", "ä", "a/b", "a:1", "a\n", "x" * 64])
def test_what_bentoml_refuses_or_changes_is_no_model_name(name):
    assert not is_model_name(name)
