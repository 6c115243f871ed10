"""A scorecard is fitted from sums, keeps the contract's directions, and says what each bin costs."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from credit.calibration import UNCALIBRATED, Calibration
from credit.contract import load_contract
from credit.features import OUTCOME
from credit.ingestion import ingest
from credit.metrics import auc
from credit.models import load_model
from credit.points import PointsScale
from credit.policy import ScorePolicy
from credit.scorecard import FrameSums, points_lost, scorecard_table, train_scorecard
from credit.synthetic import synthetic_loans
from tests.federated.banks import make_frame, make_spec

WIDE = ScorePolicy(low=-10_000, high=10_000, bands=({"name": "any", "low": -10_000},))  # type: ignore[arg-type]
STRAIGHT = PointsScale(WIDE, Calibration("platt", (0.0,), (-0.2,), 0.9))


@pytest.fixture(scope="module")
def card():
    return train_scorecard(FrameSums([make_frame(1500, 0), make_frame(2500, 1)], make_spec()), make_spec())


def test_banks_sums_give_the_scorecard_of_the_pooled_records(card):
    every = pl.concat([make_frame(1500, 0), make_frame(2500, 1)])
    pooled = train_scorecard(FrameSums([every], make_spec()), make_spec())
    np.testing.assert_allclose(card.weights, pooled.weights, atol=1e-8)
    X = card.encoding.matrix(make_frame(500, 2))
    np.testing.assert_allclose(card.margin(X), pooled.margin(X), atol=1e-8)


def test_it_ranks_records_it_has_not_seen(card):
    fresh = make_frame(4000, 3)
    assert auc(fresh[OUTCOME].to_numpy(), card.margin(card.encoding.matrix(fresh))[:, 0]) > 0.77


def test_a_monotone_feature_only_rises_with_its_value(card):
    bins = card.bins[card.encoding.features.index("amount")]
    assert (np.diff(bins.woe[:-1]) >= 0).all() and (card.weights[:-1] >= 0).all()


def test_bins_are_few_and_hold_enough_records(card):
    for bins in card.bins:
        assert len(bins.woe) <= 7
        assert (bins.counts[:-1].sum(axis=1) >= 0.03 * bins.counts.sum()).all()


def test_points_lost_agree_with_shap_in_points(card):
    X = card.encoding.matrix(make_frame(1000, 4))
    worth, reference = STRAIGHT.margins_worth(card.contributions(X)[:, 0])
    np.testing.assert_allclose(points_lost(card, STRAIGHT, X), -worth, atol=1e-6)
    np.testing.assert_allclose(reference - points_lost(card, STRAIGHT, X).sum(axis=1),
                               STRAIGHT.points(card.margin(X)[:, 0]), atol=1e-6)  # fmt: skip


def test_no_applicant_gains_points_against_the_best_bins(card):
    X = card.encoding.matrix(make_frame(1000, 4))
    assert (points_lost(card, STRAIGHT, X, reference="best") >= -1e-9).all()


def test_a_scorecard_survives_its_file(card, tmp_path):
    card.save(tmp_path)
    X = card.encoding.matrix(make_frame(100, 5))
    np.testing.assert_array_equal(load_model(tmp_path).margin(X), card.margin(X))


def test_the_table_names_features_and_bins_and_their_points(tmp_path):
    contract = load_contract("synthetic")
    records = ingest(synthetic_loans(3000, 2, seed=1), contract).records
    card = train_scorecard(FrameSums([records], contract.spec), contract.spec)
    table = scorecard_table(card, PointsScale(ScorePolicy(), UNCALIBRATED), contract)
    late = table.filter(feature="Late payments in two years")
    assert late["default_rate"].is_sorted() and late["points"].is_sorted(descending=True)
