"""Of a training over a link the package shows nobody's record, and the service still tests itself by it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from assets.engine import ENGINE, Engine, trained_over_link
from assets.packaging import PUBLISHED_APPLICANTS, shown_cases
from bento.packaging import write_package
from bento.scorer import Scorer
from tests.bento import packages


@pytest.fixture(autouse=True)
def agreed(monkeypatch):
    monkeypatch.setattr("assets.packaging.contract", packages.contract)


def test_over_a_link_applicants_are_made_up_though_records_are_at_hand(tmp_path):
    model, records = packages.model("lightgbm"), packages.ingested().records
    cases = shown_cases(model, records, None, over_link=True)  # type: ignore[arg-type]
    assert len(cases) == PUBLISHED_APPLICANTS
    stated = packages.applicants(records.height)
    assert not any(case.applicant in stated for case in cases)
    folder = write_package(
        tmp_path / "package",
        model=model,
        contract=packages.contract(),
        version=packages.version(model),
        golden=cases,
    )
    assert Scorer.load(folder).version.version == "3"


def test_a_simulation_shows_records_of_its_source(monkeypatch):
    model, records = packages.model("lightgbm"), packages.ingested().records
    raw = SimpleNamespace(
        at=lambda rows: packages.raw_records()[rows.to_list()].with_columns(rows.alias("place"))
    )
    monkeypatch.setattr("assets.packaging.PLACE", "place")
    cases = shown_cases(model, records.head(5), raw, over_link=False)  # type: ignore[arg-type]
    assert [case.applicant for case in cases] == packages.applicants(5)


@pytest.mark.parametrize(("folder", "linked"), [("", False), ("coordinator", True)])
def test_a_training_remembers_whether_its_banks_had_sites_of_their_own(monkeypatch, folder, linked):
    monkeypatch.delenv("COORDINATOR", raising=False)
    logged = {ENGINE: Engine(coordinator=folder).name()}
    tracking = SimpleNamespace(param=lambda run, name: logged[name])
    assert trained_over_link(tracking, "r1") is linked  # type: ignore[arg-type]
