"""The stability index is nought for the same scores and grows with the shift."""

from __future__ import annotations

import pytest

from bento.stability import Stability, psi


def test_equal_shares_have_no_shift():
    assert psi([0.2, 0.8], [0.2, 0.8]) == 0


def test_a_known_shift():
    assert psi([0.5, 0.5], [0.25, 0.75]) == pytest.approx(0.2746530721)


def test_scores_fall_into_the_reference_bins():
    stability = Stability([0.5], [0.5, 0.5])
    assert [stability.add(s) for s in (0.1, 0.5, 0.9, 0.2)] == [False] * 4
    assert stability.index == 0
