import numpy as np
import pytest

from federated import messages
from federated.bounds import SUM_CHECKS, Declared, fault_of, gradient_fault
from federated.training import train_federated
from tests.federated.banks import make_bank, make_spec
from tests.federated.test_rounds import Damaged, grid_of, sites_of

SPEC = make_spec()
DECLARED = Declared(train=10, validation=5)


def summed(*values):
    return messages.pack({messages.SUMS: np.array(values, float)})


class Boastful(Damaged):
    """A bank that says it has a million records, once the rounds have begun."""

    kind = "propose"

    def harm(self, answer):
        answer.metric_records[messages.METRICS][messages.EXAMPLES] = 1_000_000


@pytest.mark.parametrize("family", ["logistic", "lightgbm"])
def test_a_bank_weighs_no_more_than_it_declared(family):
    boastful = Boastful(make_bank("boastful"), SPEC)
    boastful.kind = "weights" if family == "logistic" else "propose"
    result = train_federated(family, grid_of(*sites_of(100, 100), boastful), SPEC, rounds=1, quorum=0.6)
    assert result.rounds[0].failed == {
        "boastful": "num-examples is 1,000,000, but the bank declared 300 records at the start"
    }


def test_a_bank_that_declares_more_than_is_allowed_takes_no_part():
    grid = grid_of(*sites_of(100, 100, 400))
    result = train_federated("logistic", grid, SPEC, rounds=1, quorum=0.6, most_records=200)
    assert set(result.banks) == {"bank-0", "bank-1"} and "400 records" in result.refused["bank-2"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_counts_that_are_no_numbers_are_refused_by_name(value):
    class Broken(Damaged):
        kind = "counts"

        def harm(self, answer):
            answer[messages.ARRAYS] = summed(1.0, value)[messages.ARRAYS]

    grid = grid_of(*sites_of(100, 100), Broken(make_bank("broken"), SPEC))
    result = train_federated("catboost", grid, SPEC, rounds=1, quorum=0.6)
    assert result.left_out == {"broken": "banks answered counts: sums holds values that are no numbers"}


@pytest.mark.parametrize("kind", SUM_CHECKS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("place", range(6))
def test_no_sum_passes_that_is_no_number(kind, value, place):
    sums = np.zeros(6)
    assert fault_of(kind, summed(*sums), DECLARED) is None
    sums[place] = value
    assert fault_of(kind, summed(*sums), DECLARED) == "sums holds values that are no numbers"


@pytest.mark.parametrize("blob", [b"leaf_value=0.1 nan\n", b'{"leaf_values":[1e9,0.0]}'])
def test_trees_with_absurd_leaves_are_refused(blob):
    assert fault_of("propose", messages.pack({"trees": blob}), DECLARED)


@pytest.mark.parametrize(("kind", "values"), [("counts", [11]), ("cover", [-1]), ("moments", [2, 9, 1])])
def test_sums_that_so_many_records_cannot_give_are_refused(kind, values):
    assert fault_of(kind, summed(*values), DECLARED)


@pytest.mark.parametrize("triple", [(3, 0.2, 2), (0, 0.6, 2), (0, -0.1, 2), (0, 0, 11)])
def test_gradient_sums_are_held_to_what_the_loss_allows(triple):
    assert gradient_fault(np.array(triple, float), DECLARED)


def test_honest_gradient_sums_pass():
    assert gradient_fault(np.array([[-2.0, 0.5, 2.0], [0.0, 0.0, 0.0]]), DECLARED) is None
