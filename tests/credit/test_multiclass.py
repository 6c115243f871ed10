"""Figures over three classes agree with scikit-learn, and those of two classes stay as they are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, roc_auc_score

from credit.encoding import Encoding
from credit.evaluation import ALL_BANKS, Candidate, figures, score_banks
from credit.explanation import BASE, shap_values
from credit.features import BankRecords
from credit.leaky_split import split_by_row
from credit.models.logistic import LogisticModel, Standardisation
from credit.multiclass import accuracy, auc_one_vs_rest, macro_f1, quadratic_kappa

RNG = np.random.default_rng(0)
OUTCOME = RNG.integers(0, 3, 400)
CHANCES = RNG.dirichlet([1, 1, 1], 400) + 0.4 * np.eye(3)[OUTCOME]
CHANCES /= CHANCES.sum(axis=1, keepdims=True)
SAID = CHANCES.argmax(axis=1)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (accuracy, accuracy_score(OUTCOME, SAID)),
        (macro_f1, f1_score(OUTCOME, SAID, average="macro")),
        (auc_one_vs_rest, roc_auc_score(OUTCOME, CHANCES, multi_class="ovr")),
        (quadratic_kappa, cohen_kappa_score(OUTCOME, SAID, weights="quadratic")),
    ],
)
def test_a_figure_agrees_with_scikit_learn(ours, theirs):
    assert ours(OUTCOME, CHANCES) == pytest.approx(theirs, abs=1e-12)


def test_figures_without_a_class_are_undefined_or_skip_it():
    assert np.isnan(auc_one_vs_rest(np.zeros(5, int), CHANCES[:5]))
    assert np.isnan(accuracy(np.zeros(0, int), CHANCES[:0]))


def model(classes: int) -> LogisticModel:
    encoding = Encoding(("a", "b"), {})
    scale = Standardisation(np.zeros(2, bool), np.zeros(2), np.ones(2))
    weights = np.array([[1.0, -1.0, 0.2], [0.3, 0.1, 0.0], [-1.0, 1.0, 0.1]])[: 1 if classes == 2 else 3]
    return LogisticModel(encoding, tuple("xyz"[:classes]), weights, scale)


def bank(classes: int, n: int = 300) -> BankRecords:
    rng = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "row": range(n),
            "a": rng.normal(size=n),
            "b": rng.normal(size=n),
            "outcome": rng.integers(0, classes, n),
        }
    )
    return BankRecords("b", frame[: n // 3], frame[n // 3 : n // 2], frame[n // 2 :])


def evaluated(classes: int) -> pl.DataFrame:
    scores = score_banks([Candidate("logistic", "federated", model(classes))], [bank(classes)], "test")
    return figures(scores, scores, seed=0, replicates=5).filter(bank=ALL_BANKS)


def test_two_classes_have_the_figures_they_had():
    assert {"accuracy", "auc_ovr"} & set(evaluated(2).columns) == set()


def test_three_classes_have_more_figures_and_no_gap_to_themselves():
    row = evaluated(3).row(0, named=True)
    assert row["accuracy_gap"] == 0
    assert 0 <= row["macro_f1"] <= 1
    assert row["defaults"] == (bank(3).test["outcome"] == 2).sum()


def test_contributions_of_the_classes_cancel():
    records = bank(3).test
    values = [shap_values(model(3), records, k).to_numpy() for k in range(3)]
    assert np.abs(sum(values)).max() < 1e-12
    assert shap_values(model(3), records).columns == ["a", "b", BASE]


def test_the_split_by_row_keeps_sizes_and_records():
    one, two = bank(2), split_by_row([bank(2)], seed=3)[0]
    assert [two.part(p).height for p in ("train", "validation", "test")] == [100, 50, 150]
    both = [pl.concat([b.train, b.validation, b.test])["row"].sort() for b in (one, two)]
    assert both[0].equals(both[1])
    assert not two.train.equals(one.train)
