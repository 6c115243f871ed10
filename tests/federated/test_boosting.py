from dataclasses import replace

import numpy as np
import pytest

from federated.baselines import BLIND, pace
from federated.boosting import Pace, boosted
from federated.learners import params_of, tree_learner
from federated.learners.loss import log_loss_sum
from federated.site import encode
from federated.tasks.task import Parts
from tests.federated.banks import make_bank, make_spec
from tests.federated.test_training import trained

SPEC = make_spec()
LEARNER = tree_learner("lightgbm", params_of("lightgbm"), SPEC)


@pytest.fixture(scope="module")
def parts():
    bank = make_bank("north", 500, 1)
    encoding = trained("lightgbm", [bank], rounds=1).model.encoding
    return Parts(encode(bank.train, encoding), encode(bank.validation, encoding))


def run(parts, kind, start=0.0):
    margins = [np.full((len(p.outcome), 1), start) for p in (parts.train, parts.validation)]
    return boosted(LEARNER, parts, (margins[0], margins[1]), kind, 0)


def test_it_keeps_the_steps_up_to_the_lowest_validation_loss(parts):
    kept, longer = run(parts, Pace(5, 60, 4)), run(parts, Pace(5, 60, None))
    losses = [log_loss_sum(_margins(longer.steps[:n], parts), parts.validation.outcome) for n in range(1, 61)]
    assert losses[len(kept.steps) - 1] == min(losses[: len(kept.steps) + 4])
    assert kept.steps == longer.steps[: len(kept.steps)]


def test_the_margins_are_those_of_the_steps_kept(parts):
    kept = run(parts, Pace(5, 60, 4))
    assert kept.validation == pytest.approx(_margins(kept.steps, parts))


def test_where_no_step_helps_none_is_kept_if_none_need_be(parts):
    unlike = replace(parts, validation=replace(parts.validation, outcome=1 - parts.validation.outcome))
    assert run(unlike, Pace(5, 10, 3, fewest=0)).steps == []
    assert len(run(unlike, Pace(5, 10, 3)).steps) == 1


def test_one_class_tells_no_step_to_stop_at(parts):
    one = replace(
        parts, validation=replace(parts.validation, outcome=np.zeros_like(parts.validation.outcome))
    )
    assert pace(one) is BLIND and len(run(one, pace(one)).steps) == BLIND.steps


def _margins(steps, parts):
    return LEARNER.margins(LEARNER.combine(steps, [1.0] * len(steps)), parts.validation.X)
