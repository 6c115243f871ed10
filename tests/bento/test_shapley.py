"""Contributions by kernel and tables equal the library's."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from bento.scorer import Scorer
from bento.shapley import explaining
from bento.shapley.explaining import FILE, ForestModel, TabledModel, load_scoring
from bento.shapley.kernel import load_kernel
from bento.shapley.paths import Unreadable, read_paths
from tests.bento import packages

SIZES = {"lightgbm": {"trees": 60, "leaves": 31}, "catboost": {"trees": 60, "depth": 6}}


@pytest.fixture(
    scope="module", params=[(f, c) for f in SIZES for c in (2, 3)], ids=lambda p: f"{p[0]}-{p[1]}"
)
def pair(request, tmp_path_factory):
    """A package folder and the library's model."""
    family, classes = request.param
    folder = tmp_path_factory.mktemp("made") / "package"
    packages.make_package(folder, family, classes, **SIZES[family])
    return folder, packages.model(family, classes, **SIZES[family])


def matrix(model) -> np.ndarray:
    X = packages.matrix(len(model.classes))[1][:100].copy()
    X[np.random.default_rng(3).random(X.shape) < 0.1] = np.nan
    return X


def test_margins_and_contributions_equal_the_library(pair):
    folder, model = pair
    X = matrix(model)
    margins, shap = load_scoring(folder)[1](X)
    assert margins == pytest.approx(model.margin(X), abs=1e-9)
    assert shap == pytest.approx(model.contributions(X), abs=1e-6)


def test_the_fast_way_is_taken(pair):
    folder, model = pair
    assert (folder / FILE).is_file()
    scoring, _ = load_scoring(folder)
    if model.family == "catboost":
        assert isinstance(scoring, TabledModel)
    else:
        assert load_kernel() is None or isinstance(scoring, ForestModel)


def test_without_a_kernel_the_library_explains(pair, monkeypatch):
    folder, model = pair
    monkeypatch.setattr(explaining, "load_kernel", lambda: None)
    X = matrix(model)
    assert load_scoring(folder)[1](X)[1] == pytest.approx(model.contributions(X), abs=1e-6)


def test_what_is_not_proven_equal_is_not_written(monkeypatch, tmp_path):
    model = packages.model("catboost", **SIZES["catboost"])
    monkeypatch.setattr(type(model), "contributions", lambda self, X: np.zeros((len(X), 1, X.shape[1] + 1)))
    packages.make_package(tmp_path / "package", "catboost", **SIZES["catboost"])
    assert not (tmp_path / "package" / FILE).exists()


def test_an_unknown_kind_of_tree_is_left_to_the_library():
    text = packages.model("lightgbm").text
    with pytest.raises(Unreadable):
        read_paths(text.replace("num_cat=0", "num_cat=1"), 1, 17)


def test_many_applicants_at_once_equal_one_by_one(pair):
    explain = load_scoring(pair[0])[1]
    X = matrix(pair[1])[:10]
    together = explain(X)[1]
    assert together == pytest.approx(np.concatenate([explain(x[None])[1] for x in X]), abs=0)


def test_a_tree_by_hand_has_the_shapley_values_of_its_definition():
    """Two features, three leaves: every order of learning the features, weighed alike."""
    text = (
        "tree\n\nTree=0\nnum_leaves=3\nnum_cat=0\nsplit_feature=0 1\nthreshold=0 0\ndecision_type=2 2\n"
        "left_child=1 -1\nright_child=-2 -3\nleaf_value=1 5 3\nleaf_count=10 60 30\ninternal_count=100 40\n\n\nend"
    )
    kernel = load_kernel()
    if kernel is None:
        pytest.skip("no C compiler")
    mean = 0.1 * 1 + 0.6 * 5 + 0.3 * 3
    explain = explaining.ForestExplainer(kernel, read_paths(text, 1, 2), 1, 2, np.array([mean]))
    left, below = 0.4, 0.25

    def worth(known: set[int]) -> float:
        inner = 1.0 if 1 in known else below * 1 + (1 - below) * 3
        return inner if 0 in known else left * inner + (1 - left) * 5

    def shapley(i: int) -> float:
        others = [j for j in (0, 1) if j != i]
        subsets = [set(c) for size in range(2) for c in combinations(others, size)]
        weight = {size: factorial(size) * factorial(1 - size) / 2 for size in range(2)}
        return sum(weight[len(s)] * (worth(s | {i}) - worth(s)) for s in subsets)

    margins, shap = explain(np.array([[-1.0, -1.0]]))
    assert margins[0, 0] == 1.0
    assert shap[0, 0] == pytest.approx([shapley(0), shapley(1), mean], abs=1e-12)


def test_reasons_are_those_of_the_library(pair, monkeypatch):
    folder, model = pair
    classes = len(model.classes)
    fast = Scorer.load(folder)
    monkeypatch.setattr(explaining, "load_kernel", lambda: None)
    slow = Scorer.load(folder)
    for applicant in packages.applicants(classes=classes):
        assert [r.code for r in fast.score(applicant).reasons] == [
            r.code for r in slow.score(applicant).reasons
        ]


@pytest.mark.parametrize("field", ["below", "former", "feature", "reading"])
def test_paths_that_point_outside_are_left_to_the_library(field):
    paths = read_paths(packages.model("lightgbm").text, 1, 17)
    paths.check(17)
    paths.splits[field][-1] = 999
    with pytest.raises(Unreadable):
        paths.check(17)
