"""Champions come and go one at a time, each change recorded in a chain that shows tampering."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from credit.errors import RegistryError
from credit.home import Home
from registry.champion_link import link_champion
from registry.gate import Check
from registry.history import CHAMPION, champion_on
from registry.promotion import EVENT_TAG, Registry
from registry.tracking import LoggedModel, Tracking
from tests.registry.test_gate import BAD, checks

MODEL = "scorer"


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> str:
    """A store whose tables are made, which takes seconds: copied for each test."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    Tracking(f"sqlite:///{path}", path.parent / "artifacts")
    return str(path)


@pytest.fixture
def registry(store, tmp_path: Path) -> Registry:
    (tmp_path / "mlflow.db").write_bytes(Path(store).read_bytes())
    return open_registry(tmp_path)


def open_registry(folder: Path) -> Registry:
    return Registry(
        Tracking(f"sqlite:///{folder / 'mlflow.db'}", folder / "artifacts"), MODEL, folder / "lock"
    )


def judge(score: float):
    """Passes where the score exceeds the champion's, which its tag tells."""

    def against(sitting) -> list[Check]:
        best = float(sitting.tags["score"]) if sitting else 0.0
        return [Check("better", str(score), f"above {best}", score > best)]

    return against


def enter(registry: Registry, score: float):
    version = registry.register(_logged(registry), {"score": str(score)})
    return registry.contest(version, judge(score))


def _logged(registry: Registry) -> LoggedModel:
    run = registry.tracking.client.create_run(registry.tracking.experiment).info
    return LoggedModel(run.run_id, f"{run.artifact_uri}/scorer")


def champion(registry: Registry) -> str:
    sitting = registry.champion()
    assert sitting is not None
    return sitting.number


def test_the_better_becomes_champion_and_the_worse_does_not(registry):
    assert [enter(registry, s).promoted for s in (0.7, 0.8, 0.75)] == [True, True, False]
    assert champion(registry) == "2"


def test_a_rejected_model_keeps_its_table_of_checks(registry):
    enter(registry, 0.7)
    rejected = enter(registry, 0.6)
    assert "better: 0.6, limit above 0.7" in rejected.reasons
    assert '"verdict": "failed"' in registry.version("2").tags["gate"]


def test_a_check_that_only_warns_does_not_keep_a_model_out(registry):
    version = enter(registry, 0.7).version
    warning = Check("fairness by bank", "0.5", "0.8", passed=False, blocks=False)
    assert registry.contest(version, lambda sitting: [warning]).promoted


def test_the_history_says_which_checks_warned_of_a_champion_and_which_failed_of_a_challenger(registry):
    warning = Check("fairness by bank", "0.5", "0.8", passed=False, blocks=False)
    failed = Check("better", "+0.0", "above 0", passed=False)
    for check in (warning, failed):
        registry.contest(registry.register(_logged(registry), {}), lambda sitting, check=check: [check])
    assert [event.why for event in registry.history()] == [
        "passed every blocking check, with 1 of 1 checks warning: fairness by bank",
        "failed: better: +0.0, limit above 0",
    ]


def test_models_that_fail_one_check_each_are_not_promoted_and_the_champion_serves_on(registry):
    enter(registry, 0.7)
    version = registry.register(_logged(registry), {"score": "0.9"})
    for failing in BAD:
        verdict = registry.contest(version, lambda sitting, failing=failing: checks(failing))
        assert not verdict.promoted and [r.split(":")[0] for r in verdict.reasons] == [failing]
        assert champion(registry) == "1"


def test_a_person_can_override_with_a_reason_that_stays(registry):
    for score in (0.8, 0.7):
        enter(registry, score)
    registry.override("2", "version 1 refuses too many new firms")
    assert champion(registry) == "2"
    last = registry.history()[-1]
    assert (last.action, last.why) == ("override", "version 1 refuses too many new firms")


def test_rolling_back_twice_goes_back_two(registry):
    for score in (0.6, 0.7, 0.8):
        enter(registry, score)
    assert registry.rollback("outage").number == "2"
    assert registry.rollback("outage again").number == "1"
    with pytest.raises(RegistryError, match="nothing to roll back to"):
        registry.rollback("and again")


def test_the_link_to_the_champions_package_follows_promotion_and_rollback(registry, tmp_path):
    home = Home(tmp_path / "home")
    for score in (0.6, 0.7):
        enter(registry, score)
    home.package(MODEL, "1").mkdir(parents=True)
    link_champion(registry, home)
    link = home.champions_package(MODEL)
    assert not link.exists()  # version 2 is not packaged yet
    home.package(MODEL, "2").mkdir()
    link_champion(registry, home)
    assert link.resolve() == home.package(MODEL, "2")
    registry.rollback("outage")
    link_champion(registry, home)
    assert link.resolve() == home.package(MODEL, "1")


def test_a_version_that_is_not_there_cannot_be_promoted(registry):
    enter(registry, 0.7)
    with pytest.raises(RegistryError, match="no version '9'"):
        registry.override("9", "why not")
    assert champion(registry) == "1"


def test_who_was_champion_on_a_date_can_be_asked(registry):
    enter(registry, 0.7)
    between = datetime.now(UTC)
    enter(registry, 0.8)
    events = registry.history()
    asked = [champion_on(events, t) for t in (between, datetime.now(UTC), between - timedelta(days=1))]
    assert [e.version if e else None for e in asked] == ["1", "2", None]


def test_an_untouched_history_verifies(registry):
    enter(registry, 0.7)
    enter(registry, 0.6)
    assert registry.verify() == 2


@pytest.mark.parametrize("tamper", ["change", "drop the first", "drop the last"])
def test_a_history_that_was_tampered_with_does_not(registry, tamper):
    for score in (0.6, 0.7):
        enter(registry, score)
    client, first, last = registry.tracking.client, f"{EVENT_TAG}000001", f"{EVENT_TAG}000002"
    if tamper == "change":
        text = registry.history()[0].to_json().replace("passed every blocking check", "seemed fine")
        client.set_registered_model_tag(MODEL, first, text)
    else:
        client.delete_registered_model_tag(MODEL, first if "first" in tamper else last)
    with pytest.raises(RegistryError):
        registry.verify()


def test_a_champion_that_nobody_recorded_is_found(registry):
    for score in (0.8, 0.7):
        enter(registry, score)
    registry.tracking.client.set_registered_model_alias(MODEL, CHAMPION, "2")
    with pytest.raises(RegistryError, match="no recorded promotion made it"):
        registry.verify()


def test_a_promotion_killed_between_record_and_alias_is_finished_by_the_next(registry, monkeypatch):
    enter(registry, 0.6)
    monkeypatch.setattr(registry.tracking.client, "set_registered_model_alias", _killed_on_champion(registry))
    with pytest.raises(KeyboardInterrupt):
        enter(registry, 0.9)
    monkeypatch.undo()
    assert not enter(registry, 0.8).promoted
    assert champion(registry) == "2" and registry.verify() == 3


def _killed_on_champion(registry: Registry):
    real = registry.tracking.client.set_registered_model_alias

    def setting(model, alias, version):
        if alias == CHAMPION:
            raise KeyboardInterrupt
        return real(model, alias, version)

    return setting


def _race(folder: Path, score: float, start) -> None:
    registry = open_registry(folder)
    start.wait()
    enter(registry, score)


@pytest.mark.slow
def test_of_racing_processes_the_best_is_champion_in_the_end(store, tmp_path):
    (tmp_path / "mlflow.db").write_bytes(Path(store).read_bytes())
    spawn = multiprocessing.get_context("spawn")
    scores = [0.71, 0.75, 0.73, 0.78, 0.72, 0.77]
    start = spawn.Barrier(len(scores))
    racers = [spawn.Process(target=_race, args=(tmp_path, s, start)) for s in scores]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(240)
    registry = open_registry(tmp_path)
    sitting = registry.champion()
    assert sitting is not None and sitting.tags["score"] == "0.78"
    assert registry.verify() == len(scores)
    crowned = [e for e in registry.history() if e.alias == CHAMPION]
    assert [registry.version(e.version).tags["score"] for e in crowned] == sorted(
        registry.version(e.version).tags["score"] for e in crowned
    )
