import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.encoding import Encoding
from federated.learners import params_of, tree_learner
from federated.learners.protocol import leaf_cover
from tests.federated.banks import make_spec

FAMILIES = ("lightgbm", "catboost")


def records(seed, n=200):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    X[rng.random(X.shape) < 0.2] = np.nan
    return X, rng


def learner_of(family, n_classes):
    return tree_learner(family, params_of(family), make_spec(n_classes))


def proposal(learner, seed, n_classes, trees=2):
    X, rng = records(seed)
    data = learner.bind(X, rng.integers(0, n_classes, len(X)))
    return learner.propose(data, rng.normal(size=(len(X), learner.n_margins)), trees, seed)


def finished(learner, blob, base, X, n_classes):
    encoding = Encoding(("a", "b", "c", "d"), {})
    return learner.finish(blob, base, leaf_cover(learner, blob, X), encoding, make_spec(n_classes).classes)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_classes", [2, 3])
@settings(max_examples=10, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 10**6), min_size=1, max_size=4),
    seed=st.integers(0, 10**6),
)
def test_the_native_model_is_base_plus_the_weighted_sum(family, n_classes, sizes, seed):
    learner, weights = learner_of(family, n_classes), [size / sum(sizes) for size in sizes]
    blobs = [proposal(learner, seed + k, n_classes) for k in range(len(sizes))]
    X, rng = records(seed + 99)
    base = rng.normal(size=learner.n_margins)
    model = finished(learner, learner.combine(blobs, weights), base, X, n_classes)
    expected = base + sum(w * learner.margins(b, X) for w, b in zip(weights, blobs, strict=True))
    assert np.abs(model.margin(X) - expected).max() < 1e-9


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_classes", [2, 3])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6), weight=st.floats(0.0, 2.0))
def test_a_continuation_adds_its_trees_to_the_weighted_model(family, n_classes, seed, weight):
    learner, (X, rng) = learner_of(family, n_classes), records(seed)
    shared, own = (proposal(learner, seed + k, n_classes) for k in range(2))
    model = finished(learner, shared, rng.normal(size=learner.n_margins), X, n_classes)
    continued = learner.continued(model, own, leaf_cover(learner, own, X), weight)
    expected = weight * model.margin(X) + learner.margins(own, X)
    assert np.abs(continued.margin(X) - expected).max() < 1e-9
    assert np.abs(continued.contributions(X).sum(axis=2) - continued.margin(X)).max() < 1e-6


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_classes", [2, 3])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_contributions_add_up_to_the_margin(family, n_classes, seed):
    learner = learner_of(family, n_classes)
    blob = learner.combine(
        [proposal(learner, seed, n_classes), proposal(learner, seed + 1, n_classes)],
        [0.3, 0.7],
    )
    X, _ = records(seed + 2)
    model = finished(learner, blob, [0.5] * learner.n_margins, X, n_classes)
    assert np.abs(model.contributions(X).sum(axis=2) - model.margin(X)).max() < 1e-6


@pytest.mark.parametrize("family", FAMILIES)
def test_the_base_value_is_the_mean_margin_of_the_covered_records(family):
    learner = learner_of(family, 2)
    X, _ = records(5)
    model = finished(learner, proposal(learner, 1, 2), [0.5], X, 2)
    assert model.contributions(X)[0, 0, -1] == pytest.approx(model.margin(X).mean(), abs=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_leaves_without_any_record_leave_contributions_finite(family):
    learner = learner_of(family, 2)
    blob = proposal(learner, 1, 2)
    X, _ = records(5)
    cover = np.zeros(int(learner.leaf_sizes(blob).sum()))
    model = learner.finish(blob, [0.5], cover, Encoding(("a", "b", "c", "d"), {}), ("paid", "default"))
    assert np.abs(model.contributions(X).sum(axis=2) - model.margin(X)).max() < 1e-6


@pytest.mark.parametrize("family", FAMILIES)
def test_a_proposal_tells_no_statistics_of_records(family):
    blob = proposal(learner_of(family, 2), 1, 2)
    for word in (
        b"count",
        b"weight",
        b"gain",
        b"internal_value",
        b"infos=[",
        b"time",
        b"params",
        b"parameters",
    ):
        assert word not in blob


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bank_with_one_class_moves_the_margin_its_way(family):
    learner, (X, _) = learner_of(family, 2), records(3)
    blob = learner.propose(learner.bind(X, np.ones(len(X), int)), np.zeros((len(X), 1)), 2, 0)
    margins = learner.margins(blob, X)
    assert margins.min() >= 0 and margins.mean() > 0.05


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bank_may_lack_classes(family):
    learner, (X, rng) = learner_of(family, 3), records(3)
    blob = learner.propose(learner.bind(X, rng.integers(0, 2, len(X))), np.zeros((len(X), 3)), 2, 0)
    margins = learner.margins(blob, X)[:, 2]
    assert margins.max() <= 0 and margins.mean() < -0.05


@pytest.mark.parametrize("family", FAMILIES)
def test_no_leaf_that_moves_holds_fewer_records_than_agreed(family):
    learner, (X, rng) = learner_of(family, 2), records(3)
    y = rng.integers(0, 2, len(X))
    for tree in range(3):
        blob = learner.propose(learner.bind(X, y), rng.normal(size=(len(X), 1)), 1, tree)
        moved = learner.leaves(blob, X)[learner.margins(blob, X)[:, 0] != 0, 0]
        assert np.unique(moved, return_counts=True)[1].min() >= 20


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n", [0, 1, 5])
def test_a_tiny_bank_proposes_something_finite(family, n):
    learner, (X, _) = learner_of(family, 2), records(3, n)
    blob = learner.propose(learner.bind(X, np.zeros(n, int)), np.zeros((n, 1)), 2, 0)
    assert np.isfinite(learner.margins(blob, records(4)[0])).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_monotone_feature_never_lowers_the_margin(family):
    learner, (X, rng) = learner_of(family, 2), records(3)
    blob = learner.propose(learner.bind(X, rng.integers(0, 2, len(X))), np.zeros((len(X), 1)), 20, 0)
    grid = np.repeat(np.nan_to_num(X[:5]), 50, axis=0)
    grid[:, 1] = np.tile(np.linspace(-3, 3, 50), 5)
    assert np.diff(learner.margins(blob, grid).reshape(5, 50), axis=1).min() >= -1e-12


def test_a_bank_whose_records_no_feature_parts_proposes_no_split():
    learner, (X, rng) = learner_of("lightgbm", 2), records(1, n=60)
    X = np.where(np.arange(60)[:, None] < 5, X, 0.0)
    blob = learner.propose(learner.bind(X, rng.integers(0, 2, 60)), np.zeros((60, 1)), 3, 0)
    assert (learner.leaf_sizes(blob) == 1).all()
