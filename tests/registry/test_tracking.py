from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from credit.encoding import Encoding
from credit.models import load_model
from credit.models.lightgbm import LightGBMModel
from registry.tracking import Tracking


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    home = tmp_path_factory.mktemp("tracking")
    return Tracking(f"sqlite:///{home / 'mlflow.db'}", home / "artifacts")


@pytest.fixture(scope="module")
def model():
    X = np.random.default_rng(0).random((300, 2))
    booster = lgb.train({"objective": "binary", "verbosity": -1}, lgb.Dataset(X, X[:, 0] > 0.5), 5)
    return LightGBMModel(Encoding(("a", "b"), {}), ("paid", "default"), booster.model_to_string()), X


def test_a_pipeline_run_is_found_again_and_a_retried_child_goes_on(tracking):
    parent = tracking.pipeline_run("dagster-1")
    assert tracking.pipeline_run("dagster-1") == parent != tracking.pipeline_run("dagster-2")
    assert tracking.child_run(parent, "lightgbm") == tracking.child_run(parent, "lightgbm")


def test_a_logged_model_is_native_and_comes_back_the_same(tracking, model, tmp_path):
    import mlflow

    own, X = model
    run = tracking.child_run(tracking.pipeline_run("dagster-3"), "lightgbm")
    logged = tracking.log_model(run, own, X[:5], {"contract.json": "{}"})
    folder = tracking.scorer_folder(logged.run_id, tmp_path)
    np.testing.assert_array_equal(load_model(folder).margin(X), own.margin(X))
    assert (folder / "contract.json").read_text() == "{}"
    native = mlflow.pyfunc.load_model(logged.uri)
    named = pd.DataFrame(X, columns=["a", "b"])
    np.testing.assert_allclose(native.predict(named), own.probabilities(X)[:, 1], atol=1e-12)
    assert native.metadata.signature.inputs.input_names() == ["a", "b"]


def test_nothing_pickled_lies_in_the_store(tracking, model):
    own, X = model
    run = tracking.child_run(tracking.pipeline_run("dagster-4"), "lightgbm")
    tracking.log_model(run, own, X[:5], {})
    location = tracking.client.get_experiment(tracking.experiment).artifact_location
    kept = {p.suffix for p in Path(location.removeprefix("file://")).rglob("*") if p.is_file()}
    assert ".lgb" in kept and not {".pkl", ".pickle", ".joblib", ".skops"} & kept
