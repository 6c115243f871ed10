"""The logistic model as MLflow runs it from code: JSON weights, nothing pickled, numpy alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class Logistic(PythonModel):
    """Probability of the last class for each row of an encoded feature matrix."""

    def load_context(self, context: Any) -> None:
        data = json.loads(Path(context.artifacts["logistic"]).read_text())
        self.weights = np.array(data["weights"])
        self.logged, self.mean, self.scale = (np.array(data[k]) for k in ("logged", "mean", "scale"))

    def predict(self, context: Any, model_input: np.ndarray, params: dict | None = None) -> np.ndarray:
        X = np.asarray(model_input, dtype=float)
        X = np.where(self.logged, np.sign(X) * np.log1p(np.abs(X)), X)
        X = np.nan_to_num((X - self.mean) / self.scale, nan=0.0)
        margin = X @ self.weights[:, :-1].T + self.weights[:, -1]
        if margin.shape[1] == 1:
            return 1.0 / (1.0 + np.exp(-margin[:, 0]))
        shifted = np.exp(margin - margin.max(axis=1, keepdims=True))
        return (shifted / shifted.sum(axis=1, keepdims=True))[:, -1]


set_model(Logistic())
