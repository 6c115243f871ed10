from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.engines.inprocess import InProcessGrid
from federated.learners import params_of, tree_learner
from federated.learners.loss import balanced, gradients, log_loss_sum
from federated.learners.protocol import bare
from federated.leaves import leaf_sums, loss_change, newton_values, refitted_values
from federated.site import encode
from federated.training import train_federated
from tests.federated.banks import BrokenSite, make_bank, make_banks, make_spec
from tests.federated.test_averaging import learner_of, proposal, records
from tests.federated.test_rounds import grid_of, leaving_grid, sites_of
from tests.federated.test_training import auc, model_bytes, trained

FAMILIES = ("lightgbm", "catboost")
SPEC = make_spec()


def refit(family, banks, spec=SPEC, **options):
    return trained(family, banks, spec, strategy="leaf_refit", **options)


def sums_of(learner, blob, X, margin, outcome):
    return leaf_sums(learner.structures(blob), learner.leaves(blob, X).T, *gradients(margin, outcome))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_classes", [2, 3])
@settings(max_examples=10, deadline=None)
@given(cut=st.integers(0, 200), seed=st.integers(0, 10**6))
def test_leaf_sums_of_banks_add_up_to_those_of_the_pooled_records(family, n_classes, cut, seed):
    learner, (X, rng) = learner_of(family, n_classes), records(seed)
    y, F = rng.integers(0, n_classes, len(X)), rng.normal(size=(len(X), learner.n_margins))
    blob = proposal(learner, seed + 1, n_classes)
    parts = [sums_of(learner, blob, X[p], F[p], y[p]) for p in (slice(cut), slice(cut, None))]
    assert np.allclose(sum(parts), sums_of(learner, blob, X, F, y), atol=1e-9)


def test_the_refit_of_a_banks_own_tree_gives_back_its_values():
    spec = replace(SPEC, monotone={})
    learner, (X, rng) = tree_learner("lightgbm", params_of("lightgbm"), spec), records(3, 500)
    y, F = rng.integers(0, 2, len(X)), rng.normal(size=(len(X), 1))
    blob = learner.propose(learner.bind(X, y), F, 1, 0)
    values = refitted_values(
        learner.structures(blob), sums_of(learner, blob, X, F, y), learner.shrinkage, learner.monotone
    )
    again = learner.with_values(bare(learner, blob), values)
    assert np.abs(learner.margins(again, X) - learner.margins(blob, X)).max() < 1e-7


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_change_of_loss_is_foreseen_to_second_order(family, n_classes):
    learner, (X, rng) = learner_of(family, n_classes), records(3, 500)
    y, F = rng.integers(0, n_classes, len(X)), rng.normal(size=(len(X), learner.n_margins))
    blob = proposal(learner, 1, n_classes, trees=1)
    sums = sums_of(learner, blob, X, F, y)
    values = 0.01 * newton_values(sums, learner.shrinkage)
    moved = F + learner.margins(learner.with_values(blob, values), X)
    assert loss_change(sums, values) == pytest.approx(log_loss_sum(moved, y) - log_loss_sum(F, y), rel=0.02)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_refitted_leaves_keep_monotone_directions(family, seed):
    learner = tree_learner(family, params_of(family), make_spec())
    blob = proposal(learner, seed, 2, trees=1)
    outputs = int(learner.leaf_sizes(blob).sum())
    rng = np.random.default_rng(seed)
    sums = np.column_stack([rng.normal(size=outputs), rng.random(outputs), np.full(outputs, 50)])
    values = refitted_values(learner.structures(blob), sums, learner.shrinkage, {1: 1})
    X = np.repeat(np.nan_to_num(records(seed)[0][:5]), 50, axis=0)
    X[:, 1] = np.tile(np.linspace(-3, 3, 50), 5)
    margins = learner.margins(learner.with_values(blob, values), X)
    assert np.diff(margins.reshape(5, 50), axis=1).min() >= -1e-12


@pytest.mark.parametrize("family", FAMILIES)
def test_leaf_refit_comes_close_to_the_pooled_model(family):
    from federated.baselines import train_pooled

    banks = make_banks(600, 900, 500)
    test = pl.concat([b.test for b in banks])
    federated = refit(family, banks, rounds=15, patience=3).model
    assert auc(federated, test) > auc(train_pooled(family, banks, SPEC, 0), test) - 0.01


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_bytes_in_any_order_of_banks(family, tmp_path):
    banks = make_banks(200, 100, 300)
    forth, back = refit(family, banks).model, refit(family, banks[::-1]).model
    assert model_bytes(forth, tmp_path / "a") == model_bytes(back, tmp_path / "b")


@pytest.mark.parametrize("family", FAMILIES)
def test_three_classes_and_their_contributions(family):
    banks = make_banks(300, 400, n_classes=3)
    model = refit(family, banks, make_spec(3)).model
    X = model.encoding.matrix(banks[0].test)
    assert np.abs(model.contributions(X).sum(axis=2) - model.margin(X)).max() < 1e-6


@pytest.mark.parametrize("family", FAMILIES)
def test_the_model_holds_one_tree_a_step(family):
    model = refit(family, make_banks(200, 200), rounds=4, trees_per_round=2)
    assert tree_count(model.model) == model.best_round * 2


def tree_count(model):
    """The trees of a model but for LightGBM's constant first one."""
    return model.booster.tree_count_ if model.family == "catboost" else model.booster.num_trees() - 1


class Counting(InProcessGrid):
    """A grid that counts its exchanges by message type."""

    def __init__(self, *args):
        super().__init__(*args)
        self.exchanges = Counter()

    def push_messages(self, messages):
        sent = list(messages)
        self.exchanges.update({message.metadata.message_type for message in sent})
        return super().push_messages(sent)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("trees", "exchanges"), [(1, 6), (2, 3), (5, 2), (None, 1)])
def test_several_trees_come_of_one_exchange(family, trees, exchanges):
    grid = grid_of(*sites_of(200, 150), kind=Counting)
    options: Any = {"rounds": 1, "trees_per_round": 6, "trees_per_exchange": trees}
    model = train_federated(family, grid, SPEC, strategy="leaf_refit", **options).model
    assert grid.exchanges["train.leaf_sums"] == exchanges
    assert tree_count(model) == exchanges * (trees or 6)


def test_several_trees_of_an_exchange_serve_as_well_as_one():
    banks = make_banks(600, 900, 500)
    test = pl.concat([b.test for b in banks])
    one, many = (auc(refit("lightgbm", banks, rounds=8, trees_per_exchange=n).model, test) for n in (1, 5))
    assert many > one - 0.01


def test_a_proposal_for_refit_tells_no_leaf_value():
    learner = learner_of("lightgbm", 2)
    blob = bare(learner, proposal(learner, 1, 2))
    assert not learner.margins(blob, records(2)[0]).any()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_failing_bank_is_left_out_and_the_others_go_on(family):
    class Broken(BrokenSite):
        broken = ("leaf_sums",)

    grid = grid_of(*sites_of(100, 100), Broken(make_bank("broken"), SPEC))
    result = train_federated(family, grid, SPEC, strategy="leaf_refit", rounds=2, quorum=0.6)
    assert result.rounds[0].failed == {"broken": "RuntimeError: disk is full"}


def test_a_late_bank_joins_and_catches_up():
    grid = leaving_grid(100, 100, 100)
    grid.away = True

    def join(report):
        grid.away = report.round < 2

    result = train_federated("lightgbm", grid, SPEC, strategy="leaf_refit", rounds=4, on_round=join)
    assert ["bank-0" in r.answered for r in result.rounds] == [False, False, True, True]


def test_the_sums_do_not_leave_the_bank_by_record():
    train = encode(make_bank("north", 2000).train, trained("lightgbm", make_banks(200)).model.encoding)
    learner = learner_of("lightgbm", 2)
    blob = learner.propose(learner.bind(train.X, train.outcome), np.zeros((2000, 1)), 1, 0)
    sums = sums_of(learner, blob, train.X, np.zeros((2000, 1)), train.outcome)
    assert sums.shape == (int(learner.leaf_sizes(blob).sum()), 3)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_balanced_margin_leaves_only_ranking_to_gain(n_classes):
    rng = np.random.default_rng(0)
    margin, y = rng.normal(size=(500, 1 if n_classes == 2 else 3)) + 2, rng.integers(0, n_classes, 500)
    moved = balanced(margin, y)
    assert np.abs(gradients(moved, y)[0].mean(axis=0)).max() < 0.01
    assert np.ptp(moved - margin, axis=0).max() < 1e-9
    assert np.isfinite(balanced(margin, np.zeros(500, int), 50)).all()
