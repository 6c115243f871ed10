"""Runs in MLflow: one parent a pipeline run, a child a model family, native models inside."""

from __future__ import annotations

import logging
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from credit.errors import RegistryError
from credit.files import whole_file
from credit.models import Model

EXPERIMENT = "fedcredit"
PIPELINE_RUN_TAG = "fedcredit.dagster_run_id"
SCORER = "scorer"
SQLITE = "sqlite:///"
MOST_TOLD = 120
LOGISTIC_CODE = Path(__file__).with_name("logistic_from_code.py")


@dataclass(frozen=True)
class LoggedModel:
    """A model in the tracking store: its MLflow run and the URI of its native flavour."""

    run_id: str
    uri: str


class Tracking:
    """The tracking store at `uri`; models' artifacts of a SQLite store lie beside it in `artifacts`.

    Raises RegistryError where it is none, or does not answer.
    """

    def __init__(self, uri: str, artifacts: Path):
        import mlflow
        from mlflow.exceptions import MlflowException

        logging.getLogger("alembic").setLevel(logging.WARNING)
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        self.uri = uri
        if uri.startswith(SQLITE):
            _make_store(Path(uri.removeprefix(SQLITE)))
        mlflow.set_tracking_uri(uri)
        try:
            self.client = mlflow.MlflowClient(uri)
            with _few_retries():
                self.experiment = self._experiment(artifacts)
        except MlflowException as error:
            why = _public(str(error).strip().splitlines()[0][:MOST_TOLD])
            raise RegistryError(
                f"the tracking store {self.place} can't be used ({why}): correct MLFLOW_TRACKING_URI, "
                "or unset it to keep runs in the home"
            ) from error

    @property
    def place(self) -> str:
        """Where the store is, as it may be told."""
        return _public(self.uri)

    def _experiment(self, artifacts: Path) -> str:
        found = self.client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return found.experiment_id
        location = artifacts.resolve().as_uri() if self.uri.startswith(SQLITE) else None
        # Without the tag MLflow's pages open on traces of language models.
        kind = {"mlflow.experimentKind": "custom_model_development"}
        return self.client.create_experiment(EXPERIMENT, artifact_location=location, tags=kind)

    def pipeline_run(self, dagster_run_id: str) -> str:
        """Id of the parent run of a Dagster run; made when it is first asked for."""
        query = f"tags.`{PIPELINE_RUN_TAG}` = '{dagster_run_id}' and tags.kind = 'pipeline'"
        found = self.client.search_runs([self.experiment], query, max_results=1)
        if found:
            return found[0].info.run_id
        tags = {PIPELINE_RUN_TAG: dagster_run_id, "kind": "pipeline"}
        run = self.client.create_run(self.experiment, run_name=f"pipeline {dagster_run_id[:8]}", tags=tags)
        return run.info.run_id

    def child_run(self, parent: str, name: str, tags: Mapping[str, str] | None = None) -> str:
        """Id of the run `name` below `parent`; a retried step continues the run it began."""
        query = f"tags.mlflow.parentRunId = '{parent}' and tags.mlflow.runName = '{name}'"
        found = self.client.search_runs([self.experiment], query, max_results=1)
        if found:
            return found[0].info.run_id
        all_tags = {"mlflow.parentRunId": parent, "kind": "model", **(tags or {})}
        return self.client.create_run(self.experiment, run_name=name, tags=all_tags).info.run_id

    def log_metrics(self, run_id: str, metrics: Mapping[str, float], step: int = 0) -> None:
        """Log the metrics that have a value."""
        for name, value in metrics.items():
            if value is not None and np.isfinite(value):
                self.client.log_metric(run_id, name, float(value), step=step)

    def log_params(self, run_id: str, params: Mapping[str, Any]) -> None:
        for name, value in params.items():
            self.client.log_param(run_id, name, value)

    def param(self, run_id: str, name: str) -> str:
        """A logged parameter's text; empty where it was not logged."""
        return self.client.get_run(run_id).data.params.get(name, "")

    def log_bytes(self, run_id: str, content: bytes, artifact: str) -> None:
        """Store `content` as the artifact file `artifact` (a path within the run)."""
        path = Path(artifact)
        with tempfile.TemporaryDirectory() as folder:
            local = Path(folder) / path.name
            local.write_bytes(content)
            self.client.log_artifact(run_id, str(local), str(path.parent) if path.parent.name else None)

    def log_model(
        self, run_id: str, model: Model, example: np.ndarray, files: Mapping[str, str]
    ) -> LoggedModel:
        """Store `model` as its library's native flavour and, with `files` (name -> text), as the folder `scorer`.

        The native flavour takes a data frame with the model's features by name.
        """
        import mlflow

        with tempfile.TemporaryDirectory() as folder:
            scorer = Path(folder) / SCORER
            model.save(scorer)
            for name, text in files.items():
                (scorer / name).write_text(text)
            self.client.log_artifacts(run_id, str(scorer), SCORER)
            with _existing_run(run_id), _quiet():
                info = _log_native(mlflow, model, example, scorer)
        return LoggedModel(run_id, info.model_uri)

    def scorer_folder(self, run_id: str, into: Path) -> Path:
        """Download the folder `scorer` of a run: the model as `credit.models.load_model` reads it."""
        return Path(self.client.download_artifacts(run_id, SCORER, str(into)))

    def running(self) -> list[str]:
        """Ids of the Dagster runs whose parent run is still running."""
        found = self.client.search_runs(
            [self.experiment], "attributes.status = 'RUNNING' and tags.kind = 'pipeline'"
        )
        return [run.data.tags[PIPELINE_RUN_TAG] for run in found]

    def finish(self, dagster_run_id: str, status: str) -> None:
        """End the runs of a Dagster run, the parent and its children, that are still running."""
        query = f"tags.`{PIPELINE_RUN_TAG}` = '{dagster_run_id}'"
        for parent in self.client.search_runs([self.experiment], query):
            own = parent.info.run_id
            children = self.client.search_runs([self.experiment], f"tags.mlflow.parentRunId = '{own}'")
            for run in (*children, parent):
                if run.info.status == "RUNNING":
                    self.client.set_terminated(run.info.run_id, status)


def _public(text: str) -> str:
    """`text` without the user and password of its addresses."""
    return re.sub("//[^/@ ]*@", "//", text)


def _make_store(path: Path) -> None:
    """Make MLflow's tables, whole or not at all: a run may end while they are being made."""
    import mlflow

    if not path.is_file():
        with whole_file(path) as aside:
            mlflow.MlflowClient(f"{SQLITE}{aside}").search_experiments(max_results=1)


@contextmanager
def _few_retries() -> Iterator[None]:
    """MLflow asks a server that does not answer again for minutes, which a run is grateful for, not a wrong address."""
    from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_MAX_RETRIES as RETRIES

    set_to = RETRIES.get_raw()
    RETRIES.set(2)
    try:
        yield
    finally:
        RETRIES.unset() if set_to is None else RETRIES.set(set_to)


@contextmanager
def _existing_run(run_id: str) -> Iterator[None]:
    import mlflow

    with mlflow.start_run(run_id=run_id):
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _log_native(mlflow: Any, model: Model, example: np.ndarray, scorer: Path) -> Any:
    from importlib.metadata import version

    import pandas as pd

    booster = getattr(model, "booster", None)
    # CatBoost's own flavour answers the margin, the two others probabilities.
    answer = model.margin(example) if model.family == "catboost" else model.probabilities(example)
    named = pd.DataFrame(example, columns=list(model.encoding.features))
    common = {
        "name": model.family,
        "signature": mlflow.models.infer_signature(named, answer[:, -1]),
        "input_example": named[:2],
    }
    if model.family == "lightgbm":
        return mlflow.lightgbm.log_model(
            booster, pip_requirements=[f"lightgbm=={version('lightgbm')}"], **common
        )
    if model.family == "catboost":
        return mlflow.catboost.log_model(
            booster, pip_requirements=[f"catboost=={version('catboost')}"], **common
        )
    return mlflow.pyfunc.log_model(
        python_model=str(LOGISTIC_CODE),
        artifacts={"logistic": str(scorer / model.native_file)},
        pip_requirements=[f"numpy=={version('numpy')}"],
        **common,
    )
