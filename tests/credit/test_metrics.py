import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from credit.metrics import auc, auc_difference, auc_interval, brier, ks, log_loss

scored = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 12).map(lambda k: k / 12)), min_size=2, max_size=60
).map(lambda rows: (np.array([y for y, _ in rows]), np.array([p for _, p in rows])))


@given(scored)
def test_auc_is_the_chance_to_rank_a_default_above_a_paid_loan(data):
    outcome, score = data
    if len(set(outcome)) < 2:
        assert np.isnan(auc(outcome, score))
    else:
        assert auc(outcome, score) == pytest.approx(roc_auc_score(outcome, score), abs=1e-12)


@given(scored)
def test_ks_is_the_greatest_distance_of_two_distributions(data):
    outcome, score = data
    if len(set(outcome)) == 2:
        cuts = np.unique(score)
        distances = [abs((score[outcome == 1] <= c).mean() - (score[outcome == 0] <= c).mean()) for c in cuts]
        assert ks(outcome, score) == pytest.approx(max(distances), abs=1e-12)


def test_brier_and_log_loss_are_the_textbook_ones():
    rng = np.random.default_rng(0)
    outcome, p = rng.integers(0, 2, 500), rng.random(500)
    assert brier(outcome, p) == pytest.approx(brier_score_loss(outcome, p))
    assert log_loss(outcome, p) == pytest.approx(sklearn_log_loss(outcome, p))


def test_an_interval_holds_its_figure_and_narrows_with_records():
    rng = np.random.default_rng(1)
    outcome = rng.integers(0, 2, 4000)
    score = rng.random(4000) + 0.3 * outcome
    few, many = auc_interval(outcome[:200], score[:200], seed=0), auc_interval(outcome, score, seed=0)
    assert few.low < few.value < few.high and many.low < many.value < many.high
    assert many.high - many.low < few.high - few.low


def test_a_model_differs_from_itself_by_nothing():
    rng = np.random.default_rng(2)
    outcome, score = rng.integers(0, 2, 300), rng.random(300)
    difference = auc_difference(outcome, score, score, seed=0)
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_no_record_has_no_figure():
    nothing = np.zeros(0)
    assert np.isnan([auc(nothing, nothing), ks(nothing, nothing), brier(nothing, nothing)]).all()
