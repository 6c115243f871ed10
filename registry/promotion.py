"""Registered versions, the champion among them, and who was champion when."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from registry.gate import Check
from registry.tracking import LoggedModel, Tracking

CHAMPION, CHALLENGER = "champion", "challenger"
EVENT_TAG = "promotion."


@dataclass(frozen=True)
class Version:
    """A registered model version."""

    model: str
    number: str
    run_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """What the gate said of a version, and who is champion now."""

    version: Version
    checks: tuple[Check, ...]
    promoted: bool
    champion: Version | None

    @property
    def reasons(self) -> list[str]:
        """Why the version did not become champion; empty where it did."""
        return [f"{c.name}: {c.value}, limit {c.limit}" for c in self.checks if not c.passed]


@dataclass(frozen=True)
class Event:
    """One change (or refused change) of the champion."""

    when: str
    who: str
    version: str
    alias: str
    why: str


class Registry:
    """The versions of one registered model. Changes of the champion happen one at a time, under `lock`."""

    def __init__(self, tracking: Tracking, model: str, lock: Path):
        self.tracking = tracking
        self.model = model
        self.lock = lock

    def register(self, logged: LoggedModel, tags: Mapping[str, str]) -> Version:
        """Add a version, which becomes the challenger."""
        from mlflow.exceptions import MlflowException

        client = self.tracking.client
        try:
            client.create_registered_model(self.model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        made = client.create_model_version(self.model, logged.uri, run_id=logged.run_id, tags=dict(tags))
        client.set_registered_model_alias(self.model, CHALLENGER, made.version)
        return self.version(str(made.version))

    def version(self, number: str) -> Version:
        found = self.tracking.client.get_model_version(self.model, number)
        return Version(self.model, str(found.version), found.run_id or "", dict(found.tags))

    def champion(self) -> Version | None:
        """The sitting champion, None before the first."""
        number = self._aliases().get(CHAMPION)
        return self.version(str(number)) if number else None

    def contest(self, version: Version, judge: Callable[[Version | None], list[Check]]) -> Verdict:
        """Judge `version` against the sitting champion and crown it where every check passes.

        Reading, judging and setting happen under the lock: of racing runs none can crown a model that
        was not compared with the champion of that moment.
        """
        with self._locked():
            sitting = self.champion()
            checks = tuple(judge(sitting))
            promoted = all(c.passed for c in checks)
            if promoted:
                self.tracking.client.set_registered_model_alias(self.model, CHAMPION, version.number)
            verdict = Verdict(version, checks, promoted, version if promoted else sitting)
            why = "; ".join(verdict.reasons) or "passed every check"
            self._record(version, CHAMPION if promoted else CHALLENGER, why)
        return verdict

    def crown(self, number: str, why: str) -> Version:
        """Make a version champion by a person's decision: an override or a rollback, recorded with its reason."""
        with self._locked():
            version = self.version(number)
            self.tracking.client.set_registered_model_alias(self.model, CHAMPION, number)
            self._record(version, CHAMPION, why)
        return version

    def history(self) -> list[Event]:
        """Every verdict and every change, oldest first."""
        tags = self.tracking.client.get_registered_model(self.model).tags
        names = sorted(t for t in tags if t.startswith(EVENT_TAG))
        return [Event(**json.loads(tags[name])) for name in names]

    def _aliases(self) -> Mapping[str, str]:
        from mlflow.exceptions import MlflowException

        try:
            return self.tracking.client.get_registered_model(self.model).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}
            raise

    def _locked(self):
        from filelock import FileLock

        self.lock.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.lock)

    def _record(self, version: Version, alias: str, why: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        event = Event(now, getpass.getuser(), version.number, alias, why[:4000])
        stamp = now.replace(":", "").replace("+0000", "Z")
        self.tracking.client.set_registered_model_tag(
            self.model, EVENT_TAG + stamp, json.dumps(asdict(event))
        )
