"""When the consortium retrains: weekly, whenever the records change, and when new ones have drifted."""

import dagster as dg

from assets.setting import consortium
from credit.sources import source_state
from pipelines.jobs import monitor, retrain

weekly_retraining = dg.ScheduleDefinition(
    name="weekly_retraining",
    job=retrain,
    cron_schedule="0 3 * * 1",
    description="Every Monday at three in the morning.",
)

daily_monitoring = dg.ScheduleDefinition(
    name="daily_monitoring",
    job=monitor,
    cron_schedule="0 5 * * *",
    description="Every day at five in the morning.",
)


@dg.sensor(
    job=retrain,
    minimum_interval_seconds=300,
    description="Retrains when new records have drifted beyond the limits.",
)
def drift_found(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    event = context.instance.get_latest_materialization_event(dg.AssetKey("drift"))
    if event is None or event.asset_materialization is None:
        return dg.SkipReason("drift has not been measured yet: run the job monitor")
    told = {name: value.value for name, value in event.asset_materialization.metadata.items()}
    if not told.get("drifted"):
        return dg.SkipReason(f"no drift: {told.get('why', '')}")
    # The records' fingerprint as key: the same new records start one retraining, not one a day.
    return dg.RunRequest(
        run_key=f"drift-{told['fingerprint']}", tags={"fedcredit/why": str(told["why"])[:200]}
    )


@dg.sensor(
    job=retrain, minimum_interval_seconds=300, description="Retrains when the loan records' source changes."
)
def records_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    state = source_state(consortium().dataset)
    changes, _, seen = (context.cursor or "").partition(" ")
    if not changes.isdecimal():
        context.update_cursor(f"0 {state}")
        return dg.SkipReason(f"first look at the records: {state}")
    if state == seen:
        return dg.SkipReason(f"unchanged: {state}")
    # Counted, as records that change back to what they were are a change too.
    cursor = f"{int(changes) + 1} {state}"
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=cursor)], cursor=cursor)
