import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.errors import FederationError
from credit.evaluation import Candidate, figures, score_banks
from credit.metrics import BINARY_METRICS, auc_interval
from credit.score_histogram import WIDTH, ScoreHistogram
from federated.evaluation import federated_figures, federated_scores
from federated.tally import Tally
from federated.training import inprocess_grid
from tests.federated.banks import make_banks, make_spec
from tests.federated.test_training import trained

SPEC = make_spec()
BOUNDS = {"auc": 0.005, "ks": 0.02, "brier": WIDTH / 4, "logloss": WIDTH / 2}


def tally_of(banks, spec=SPEC):
    return Tally.of_grid(inprocess_grid(banks, spec), spec)


def drawn(seed, n):
    rng = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-rng.normal(-1, 1.5, n)))
    return (rng.random(n) < chance).astype(int), chance


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(100, 3000))
def test_figures_from_bins_equal_those_of_the_records_within_the_bin_width(seed, n):
    outcome, chance = drawn(seed, n)
    figures = ScoreHistogram.of(outcome, chance).figures()
    for name, metric in BINARY_METRICS.items():
        assert figures[name] == pytest.approx(metric(outcome, chance), abs=BOUNDS[name], nan_ok=True)


@pytest.mark.parametrize("family", ["logistic", "lightgbm", "catboost"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_federated_figures_equal_the_pooled_ones(family, n_classes):
    banks, spec = make_banks(300, 100, 500, n_classes=n_classes), make_spec(n_classes)
    model = trained(family, banks, spec, rounds=2).model
    found = federated_scores(model, tally_of(banks, spec), "test").total.worst
    test = pl.concat([bank.test for bank in banks])
    outcome = (test["outcome"].to_numpy() == n_classes - 1).astype(int)
    chance = model.probabilities(model.encoding.matrix(test))[:, -1]
    assert np.array_equal(found.counts, ScoreHistogram.of(outcome, chance).counts)
    assert abs(found.auc() - BINARY_METRICS["auc"](outcome, chance)) < 0.005


def test_calibration_tells_mean_probability_and_default_rate():
    outcome, chance = drawn(1, 20_000)
    table = ScoreHistogram.of(outcome, chance).calibration()
    assert table[:, 0].sum() == 20_000 and np.abs(table[:, 1] - table[:, 2]).max() < 0.03


def test_psi_is_zero_without_and_large_with_a_shift():
    outcome, chance = drawn(1, 20_000)
    before = ScoreHistogram.of(outcome, chance)
    after = ScoreHistogram.of(outcome, chance**0.5)
    assert before.psi(before) == 0 and after.psi(before) > 0.25


def test_nothing_is_undefined_not_wrong():
    none = ScoreHistogram.of(np.zeros(0, int), np.zeros(0))
    paid = ScoreHistogram.of(np.zeros(5, int), np.full(5, 0.1))
    assert np.isnan(list(none.figures().values())).all() and np.isnan(none.psi(paid))
    assert np.isnan(paid.auc()) and paid.log_loss() == pytest.approx(-np.log(0.9), abs=WIDTH)


def test_a_bank_without_records_adds_nothing():
    banks = make_banks(100, 100)
    banks[0].test = banks[0].test.head(0)
    model = trained("logistic", banks, rounds=1).model
    assert federated_scores(model, tally_of(banks), "test").total.worst.records == 50


def test_an_unknown_part_is_refused():
    banks = make_banks(100)
    with pytest.raises(FederationError, match="unknown part 'holdout'; known are train, validation, test"):
        federated_scores(trained("logistic", banks).model, tally_of(banks), "holdout")


def test_the_bootstrap_of_bins_is_as_wide_as_that_of_records():
    outcome, chance = drawn(3, 4000)
    bins = ScoreHistogram.of(outcome, chance).auc_interval(seed=1, replicates=400)
    records = auc_interval(outcome, chance, seed=1, replicates=400)
    assert (bins.low, bins.high) == pytest.approx((records.low, records.high), abs=0.004)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_federated_table_is_that_of_the_records_within_the_bin_width(n_classes):
    banks, spec = make_banks(600, 400, n_classes=n_classes), make_spec(n_classes)
    model = trained("catboost", banks, spec, rounds=2).model
    found = federated_figures({"catboost": model}, tally_of(banks, spec), {"test": 200}, seed=0)["test"]
    scores = {
        p: score_banks([Candidate("catboost", "federated", model)], banks, p) for p in ("train", "test")
    }
    expected = figures(scores["test"], scores["train"], seed=0).select(found.columns)
    exact = [
        c for c in found.columns if found[c].dtype != pl.Float64 or c in ("accuracy", "macro_f1", "kappa")
    ]
    assert found.select(exact).equals(expected.select(exact))
    close = [c for c in found.columns if c not in exact and c not in ("auc_low", "auc_high")]
    assert np.abs(found.select(close).to_numpy() - expected.select(close).to_numpy()).max() < 0.02
