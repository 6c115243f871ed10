import numpy as np

from federated.comparison import COLUMNS, OWN, Case, Terms, compare, inside_auc
from tests.federated.banks import make_banks, make_spec
from tests.federated.test_training import trained

SPEC, TERMS = make_spec(), Terms(rounds=2, patience=None, seed=0)


def rows_of(families, strategies):
    return list(compare(Case("banks", make_banks(200, 200), SPEC), families, strategies, TERMS))


def test_every_way_of_training_has_a_row():
    rows = rows_of(["lightgbm"], ["fedavg", "histogram"])
    shared = ["pooled", "fedavg", "histogram"]
    assert [r["trained"] for r in rows] == ["local", *(way for s in shared for way in (s, s + OWN))]
    assert all(tuple(r) == COLUMNS and 0.5 < r["mean_auc"] < 1 for r in rows)


def test_a_strategy_that_does_not_serve_a_family_is_left_out():
    ways = {row["trained"] for row in rows_of(["logistic"], ["fedavg", "leaf_refit", "histogram"])}
    assert ways == {"local", "pooled", "fedavg", "pooled" + OWN, "fedavg" + OWN}


def test_a_bank_of_one_class_has_no_auc():
    banks = make_banks(200, 200)
    banks[0].test = banks[0].test.head(0)
    model = trained("logistic", banks).model
    assert np.isnan(inside_auc([model, model], banks)).tolist() == [True, False]
