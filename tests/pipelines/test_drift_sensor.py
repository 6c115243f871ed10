"""Drift of new records starts one retraining, and no drift starts none."""

from __future__ import annotations

import dagster as dg
import pytest

from pipelines.schedules import drift_found


def asked(*measured: dict) -> dg.RunRequest | dg.SkipReason:
    """What the sensor answers after these measurements."""
    with dg.DagsterInstance.ephemeral() as instance:
        for metadata in measured:
            instance.report_runless_asset_event(dg.AssetMaterialization("drift", metadata=metadata))
        answer = drift_found(dg.build_sensor_context(instance=instance))
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer


DRIFTED = {"drifted": True, "why": "half of the banks", "fingerprint": "f1"}
STEADY = {"drifted": False, "why": "within the limits", "fingerprint": "f2"}


def test_drift_starts_a_retraining_that_says_why():
    answer = asked(STEADY, DRIFTED)
    assert isinstance(answer, dg.RunRequest)
    assert answer.tags["fedcredit/why"] == "half of the banks"


def test_the_same_records_ask_for_the_same_run():
    one, two = asked(DRIFTED), asked(DRIFTED)
    assert isinstance(one, dg.RunRequest) and isinstance(two, dg.RunRequest)
    assert one.run_key == two.run_key


@pytest.mark.parametrize("measured", [(), (DRIFTED, STEADY)], ids=["never measured", "steady again"])
def test_without_drift_nothing_starts(measured):
    assert isinstance(asked(*measured), dg.SkipReason)
