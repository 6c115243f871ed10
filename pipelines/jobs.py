"""The jobs: one that makes a champion, with every bank in one run, one that packages it, one that watches it."""

import dagster as dg

from assets.setting import banks

_names = banks.get_partition_keys()
_every_bank = {
    "dagster/asset_partition_range_start": _names[0],
    "dagster/asset_partition_range_end": _names[-1],
}
_watching = dg.AssetSelection.assets("drift")

retrain = dg.define_asset_job(
    "retrain",
    selection=dg.AssetSelection.all() - _watching,
    description="Takes the records in, trains, averages, evaluates, explains, promotes, packages and publishes.",
    run_tags=_every_bank,
)

package = dg.define_asset_job(
    "package",
    selection=dg.AssetSelection.assets("champion", "scoring_service"),
    description="Packages the sitting champion, from what the last run left.",
)

monitor = dg.define_asset_job(
    "monitor",
    selection=dg.AssetSelection.assets("raw_loan_records") | _watching,
    description="Compares records newer than the test with what the champion was trained on.",
    run_tags=_every_bank,
)
