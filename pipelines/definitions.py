"""The Dagster code location: everything that the UI, the daemon and the command line run."""

import dagster as dg

from assets import (
    aggregation,
    calibration,
    contribution,
    drift,
    evaluation,
    explanation,
    fairness,
    federated_evaluation,
    ingestion,
    local_explanation,
    model_risk_report,
    packaging,
    personal_scoring,
    personalisation,
    promotion,
    publication,
    scorecard,
    stability,
    training,
)
from assets.setting import consortium
from credit.home import Home
from pipelines.executor import one_run_at_a_time
from pipelines.jobs import monitor, package, retrain
from pipelines.resources import resources
from pipelines.running import terminal_logger
from pipelines.schedules import daily_monitoring, drift_found, records_changed, weekly_retraining

STAGES = [
    ingestion,
    training,
    aggregation,
    personalisation,
    federated_evaluation,
    evaluation,
    contribution,
    calibration,
    personal_scoring,
    fairness,
    stability,
    scorecard,
    explanation,
    local_explanation,
    promotion,
    model_risk_report,
    packaging,
    publication,
    drift,
]

defs = dg.Definitions(
    assets=dg.load_assets_from_modules(STAGES),
    jobs=[retrain, package, monitor],
    schedules=[weekly_retraining, daily_monitoring],
    sensors=[records_changed, drift_found],
    executor=one_run_at_a_time,
    loggers={"console": dg.colored_console_logger, "terminal": terminal_logger},
    resources=resources(Home(), consortium().model),
)
