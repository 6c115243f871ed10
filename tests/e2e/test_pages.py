"""The pages a person opens: Dagster's and MLflow's, in Chromium, with the run in them."""

import re

import pytest

from tests.e2e.project import browser_page

pytestmark = pytest.mark.slow


def test_the_dagster_ui_shows_the_lineage_the_run_and_the_figures(finished):
    settings = {**finished.settings, "CONSORTIUM": str(drafted(finished))}
    project = type(finished)(finished.home, settings)
    with project.server("dev") as address, browser_page() as page:
        page.goto(f"{address}/locations/pipelines.definitions/jobs/retrain")
        for stage in ("ingestion", "training", "aggregation", "evaluation"):
            page.get_by_text(stage, exact=True).first.wait_for(timeout=60_000)
        page.goto(f"{address}/runs")
        page.get_by_text("Success").first.wait_for(timeout=60_000)
        page.goto(f"{address}/assets/evaluation")
        page.get_by_text("best federated family on validation").first.wait_for(timeout=60_000)


def test_the_mlflow_ui_shows_the_experiment_and_the_registered_model(finished):
    with finished.server("mlflow") as address, browser_page() as page:
        page.goto(f"{address}/#/experiments")
        page.get_by_text("fedcredit", exact=True).first.wait_for(timeout=60_000)
        page.goto(f"{address}/#/models/credit-scorer-synthetic")
        page.get_by_text(re.compile("champion", re.I)).first.wait_for(timeout=60_000)


def drafted(project):
    return next((project.home / "consortia").glob("synthetic-*.yaml"))
