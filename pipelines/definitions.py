"""The Dagster code location: everything that the UI, the daemon and the command line run."""

import warnings

import dagster as dg

warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

from assets import (  # noqa: E402
    aggregation,
    calibration,
    contribution,
    drift,
    evaluation,
    explanation,
    fairness,
    ingestion,
    local_explanation,
    model_risk_report,
    packaging,
    personalisation,
    promotion,
    publication,
    scorecard,
    stability,
    training,
)
from assets.setting import consortium  # noqa: E402
from credit.home import Home  # noqa: E402
from pipelines.jobs import monitor, retrain  # noqa: E402
from pipelines.resources import resources  # noqa: E402
from pipelines.running import terminal_logger  # noqa: E402
from pipelines.schedules import daily_monitoring, drift_found, records_changed, weekly_retraining  # noqa: E402

STAGES = [
    ingestion,
    training,
    aggregation,
    personalisation,
    evaluation,
    contribution,
    calibration,
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
    jobs=[retrain, monitor],
    schedules=[weekly_retraining, daily_monitoring],
    sensors=[records_changed, drift_found],
    loggers={"console": dg.colored_console_logger, "terminal": terminal_logger},
    resources=resources(Home(), consortium().model),
)
