import lightgbm as lgb
import numpy as np
import pytest
from catboost import CatBoostClassifier

from credit.encoding import Encoding
from credit.errors import ModelError
from credit.models import load_model
from credit.models.catboost import CatBoostModel
from credit.models.lightgbm import LightGBMModel
from credit.models.logistic import LogisticModel, Standardisation, feature_moments

ENCODING = Encoding(("a", "b", "c"), {})
CLASSES = {2: ("paid", "default"), 3: ("poor", "standard", "good")}


def data(classes: int):
    rng = np.random.default_rng(classes)
    X = rng.normal(size=(400, 3))
    X[rng.random(X.shape) < 0.05] = np.nan
    return X, (np.nan_to_num(X[:, 0]) * 1.5 + rng.normal(size=400)).argsort().argsort() * classes // 400


def make(family: str, classes: int):
    X, y = data(classes)
    if family == "logistic":
        scale = Standardisation.fit(feature_moments(X, np.zeros(3, bool)), np.zeros(3, bool))
        weights = np.random.default_rng(0).normal(size=(1 if classes == 2 else classes, 4))
        return LogisticModel(ENCODING, CLASSES[classes], weights, scale)
    if family == "lightgbm":
        objective = (
            {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
        )
        booster = lgb.train({**objective, "verbosity": -1}, lgb.Dataset(X, y), 8)
        return LightGBMModel(ENCODING, CLASSES[classes], booster.model_to_string())
    loss = "Logloss" if classes == 2 else "MultiClass"
    booster = CatBoostClassifier(
        iterations=8, depth=3, loss_function=loss, verbose=0, allow_writing_files=False
    )
    return CatBoostModel(ENCODING, CLASSES[classes], booster.fit(X, y)._serialize_model())


@pytest.fixture(params=[(f, c) for f in ("logistic", "lightgbm", "catboost") for c in (2, 3)], ids=str)
def model(request):
    return make(*request.param)


def test_a_model_read_back_answers_the_same(model, tmp_path):
    X, _ = data(len(model.classes))
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load_model(tmp_path / "model").margin(X), model.margin(X))


def test_probabilities_are_of_each_class_and_sum_to_one(model):
    X, _ = data(len(model.classes))
    p = model.probabilities(X)
    assert p.shape == (400, len(model.classes)) and (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0)


def test_contributions_add_up_to_the_margin(model):
    X, _ = data(len(model.classes))
    np.testing.assert_allclose(model.contributions(X).sum(axis=2), model.margin(X), atol=1e-6)


def test_a_folder_without_a_model_is_refused_by_name(tmp_path):
    with pytest.raises(ModelError, match="model.json"):
        load_model(tmp_path)
