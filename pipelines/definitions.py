"""The Dagster code location: everything that the UI, the daemon and the command line run."""

import warnings

import dagster as dg

warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

from assets import (  # noqa: E402
    aggregation,
    calibration,
    evaluation,
    explanation,
    fairness,
    ingestion,
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
from pipelines.jobs import retrain  # noqa: E402
from pipelines.resources import resources  # noqa: E402
from pipelines.running import terminal_logger  # noqa: E402
from pipelines.schedules import records_changed, weekly_retraining  # noqa: E402

STAGES = [
    ingestion,
    training,
    aggregation,
    personalisation,
    evaluation,
    calibration,
    fairness,
    stability,
    scorecard,
    explanation,
    promotion,
    model_risk_report,
    packaging,
    publication,
]

defs = dg.Definitions(
    assets=dg.load_assets_from_modules(STAGES),
    jobs=[retrain],
    schedules=[weekly_retraining],
    sensors=[records_changed],
    loggers={"console": dg.colored_console_logger, "terminal": terminal_logger},
    resources=resources(Home(), consortium().model),
)
