"""The stability index is nought for the same scores and grows with the shift."""

from __future__ import annotations

import sys
import threading

import numpy as np
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


def test_no_score_is_lost_where_threads_count_at_once():
    stability, interval = Stability([0.5], [0.5, 0.5]), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    counting = [
        threading.Thread(target=lambda: [stability.add_all(np.full(50, 0.3)) for _ in range(1000)]),
        threading.Thread(target=lambda: [stability.add(0.7) for _ in range(50_000)]),
    ]
    for thread in counting:
        thread.start()
    for thread in counting:
        thread.join()
    sys.setswitchinterval(interval)
    assert stability.index == 0 and stability._counts == [50_000, 50_000]
