"""When the consortium retrains: weekly, and whenever the records change."""

import dagster as dg

from assets.setting import consortium
from credit.sources import source_state
from pipelines.jobs import retrain

weekly_retraining = dg.ScheduleDefinition(
    name="weekly_retraining",
    job=retrain,
    cron_schedule="0 3 * * 1",
    description="Every Monday at three in the morning.",
)


@dg.sensor(
    job=retrain, minimum_interval_seconds=300, description="Retrains when the loan records' source changes."
)
def records_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    state = source_state(consortium().dataset)
    if context.cursor is None:
        context.update_cursor(state)
        return dg.SkipReason(f"first look at the records: {state}")
    if state == context.cursor:
        return dg.SkipReason(f"unchanged: {state}")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=state)], cursor=state)
