"""The code location as Dagster loads it."""

import re
from pathlib import Path

import dagster as dg
import pytest

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def defs():
    from pipelines.definitions import defs

    return defs


def test_the_assets_chain_from_records_to_release(defs):
    order = [k.to_user_string() for k in defs.resolve_asset_graph().toposorted_asset_keys]
    stages = [
        "raw_loan_records",
        "loan_records",
        "federated_models",
        "evaluation",
        "champion",
        "scoring_service",
    ]
    assert [s for s in order if s in stages] == stages and order[-1] == "release"


def test_every_asset_tells_what_it_is_and_whose(defs):
    for spec in defs.resolve_all_asset_specs():
        assert spec.description and spec.owners and spec.group_name and spec.kinds and spec.code_version


def test_no_stage_is_retried_by_a_policy_which_would_retry_it_when_it_is_stopped(defs):
    stages = [node.definition for node in defs.resolve_job_def("retrain").nodes]
    assert stages and not [stage.name for stage in stages if stage.retry_policy]


def test_the_table_of_stages_names_the_groups_of_the_ui(defs):
    table = README.read_text().partition("| stage |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| (\w+) \|", table, re.M)) == {
        s.group_name for s in defs.resolve_all_asset_specs()
    }


def test_the_banks_of_the_consortium_are_the_partitions(defs):
    from assets.setting import consortium

    graph = defs.resolve_asset_graph()
    partitions = graph.get(dg.AssetKey("local_models")).partitions_def.get_partition_keys()
    assert list(partitions) == [bank.alias for bank in consortium().banks]


def test_it_retrains_every_week_and_when_records_change(defs):
    assert defs.resolve_schedule_def("weekly_retraining").cron_schedule == "0 3 * * 1"
    assert defs.resolve_sensor_def("records_changed").job_name == "retrain"


def test_the_sensor_asks_for_a_run_once_the_source_changes(defs, tmp_path, monkeypatch):
    source = tmp_path / "loans.csv"
    source.write_text("a\n1\n")
    monkeypatch.setenv("SBA_CSV", str(source))
    sensor = defs.resolve_sensor_def("records_changed")
    first = dg.build_sensor_context(definitions=defs)
    assert isinstance(sensor(first), dg.SkipReason)
    again = dg.build_sensor_context(definitions=defs, cursor=first.cursor)
    assert isinstance(sensor(again), dg.SkipReason)
    source.write_text("a\n1\n2\n")
    changed = sensor(dg.build_sensor_context(definitions=defs, cursor=first.cursor))
    assert isinstance(changed, dg.SensorResult) and len(changed.run_requests or []) == 1


def test_the_sensor_asks_for_a_run_each_time_the_source_changes_back(defs, monkeypatch):
    sensor, keys, cursor = defs.resolve_sensor_def("records_changed"), [], None
    for state in ("100 rows", "101 rows", "100 rows", "101 rows"):
        monkeypatch.setattr("pipelines.schedules.source_state", lambda _, state=state: state)
        context = dg.build_sensor_context(definitions=defs, cursor=cursor)
        asked = sensor(context)
        keys += [request.run_key for request in getattr(asked, "run_requests", [])]
        cursor = getattr(asked, "cursor", None) or context.cursor
    assert len(set(keys)) == 3
