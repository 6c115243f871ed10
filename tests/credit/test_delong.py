import numpy as np
import pytest

from credit.delong import auc_change
from credit.metrics import auc, auc_difference


def scored(n, seed, lift=0.0):
    """Outcomes and two scores of the same signal, the first one's stronger by `lift`."""
    rng = np.random.default_rng(seed)
    outcome = (rng.random(n) < 0.25).astype(int)
    common = rng.normal(size=n)
    return outcome, *(common + rng.normal(size=n) + (0.8 + more) * outcome for more in (lift, 0.0))


def test_the_change_is_the_difference_of_both_aucs():
    outcome, score, other = scored(300, 1, 0.5)
    score = score.round(1)
    assert auc_change(outcome, score, other)[0] == pytest.approx(auc(outcome, score) - auc(outcome, other))


def test_the_error_is_the_bootstraps():
    outcome, score, other = scored(500, 2, 0.3)
    interval = auc_difference(outcome, score, other, seed=1, replicates=2000)
    assert auc_change(outcome, score, other)[1] == pytest.approx(
        (interval.high - interval.low) / 3.92, rel=0.1
    )


def test_of_equally_good_scores_one_in_twenty_seems_to_differ():
    changes = np.array([auc_change(*scored(270, seed)) for seed in range(1000)])
    assert (np.abs(changes[:, 0] / changes[:, 1]) > 1.96).mean() == pytest.approx(0.05, abs=0.02)


def test_the_same_score_does_not_change():
    outcome, score, _ = scored(100, 3)
    assert auc_change(outcome, score, score) == (0.0, 0.0)


def test_without_two_records_of_each_outcome_nothing_is_known():
    assert np.isnan(auc_change(np.array([0, 0, 1]), np.arange(3.0), np.arange(3.0))).all()
