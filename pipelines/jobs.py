"""The one job: every asset, every bank, one run."""

import dagster as dg

from assets.setting import banks

_names = banks.get_partition_keys()

retrain = dg.define_asset_job(
    "retrain",
    selection="*",
    description="Takes the records in, trains, averages, evaluates, explains, promotes, packages and publishes.",
    run_tags={
        "dagster/asset_partition_range_start": _names[0],
        "dagster/asset_partition_range_end": _names[-1],
    },
    executor_def=dg.in_process_executor,
)
