"""A decision's probability is that of MLflow's pyfunc of the same model."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from bento.scorer import Scorer
from tests.bento import packages

pytestmark = pytest.mark.slow
NAMES = {"lightgbm": "lgb_model", "catboost": "cb_model"}


@pytest.mark.parametrize("family", NAMES)
def test_decisions_equal_pyfunc(family, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    model = packages.model(family)
    import_module(f"mlflow.{family}").save_model(path=tmp_path / "saved", **{NAMES[family]: model.booster})
    predicted = np.ravel(mlflow.pyfunc.load_model(str(tmp_path / "saved")).predict(packages.matrix()[1][:20]))
    if family == "catboost":
        predicted = 1 / (1 + np.exp(-predicted))  # Its flavour answers the margin.
    scorer = Scorer.load(packages.make_package(tmp_path / "package", family))
    decided = [scorer.score(a).pd for a in packages.applicants()]
    np.testing.assert_allclose(decided, predicted, rtol=0, atol=1e-9)
