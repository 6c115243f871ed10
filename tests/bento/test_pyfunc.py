"""A decision's probability is that of MLflow's pyfunc of the same registered model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bento.scorer import Scorer
from registry.tracking import Tracking
from tests.bento import packages

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("family", ["lightgbm", "catboost", "logistic"])
def test_decisions_equal_pyfunc(family, tmp_path):
    import mlflow

    model, X = packages.model(family), packages.matrix()[1][:20]
    tracking = Tracking(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")
    logged = tracking.log_model(tracking.child_run(tracking.pipeline_run("r"), family), model, X, {})
    named = pd.DataFrame(X, columns=list(model.encoding.features))
    predicted = np.ravel(mlflow.pyfunc.load_model(logged.uri).predict(named))
    if family == "catboost":
        predicted = 1 / (1 + np.exp(-predicted))  # Its flavour answers the margin.
    scorer = Scorer.load(packages.make_package(tmp_path / "package", family))
    decided = [scorer.score(a).pd for a in packages.applicants()]
    np.testing.assert_allclose(decided, predicted, rtol=0, atol=1e-9)
