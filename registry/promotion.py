"""Registered versions, and the champion among them."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from credit.errors import RegistryError
from registry.gate import Check
from registry.history import CHALLENGER, CHAMPION, Event, former_champion, verify_chain
from registry.lock import held, lock_place
from registry.tracking import LoggedModel, Tracking

EVENT_TAG = "history."
SEAL_TAG = "history_hash"
GATE_TAG = "gate"
MOST = 4000


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
        return [f"{c.name}: {c.value}, limit {c.limit}" for c in self.checks if c.blocks and not c.passed]

    @property
    def why(self) -> str:
        """Which checks decided, in words: those that failed, or that none did and which only warn."""
        if self.reasons:
            return f"failed: {'; '.join(self.reasons)}"
        warnings = [c.name for c in self.checks if not c.passed]
        told = f", with {len(warnings)} of {len(self.checks)} checks warning: " + ", ".join(warnings)
        return "passed every blocking check" + (told if warnings else "")


class Registry:
    """The versions of one registered model. Changes of the champion happen one at a time, under a lock.

    `lock` is the file locked where the tracking store is not PostgreSQL (see `registry.lock`).
    """

    def __init__(self, tracking: Tracking, model: str, lock: Path):
        self.tracking = tracking
        self.model = model
        self.lock = lock_place(tracking.uri, lock)

    def register(self, logged: LoggedModel, tags: Mapping[str, str]) -> Version:
        """Add a version, which becomes the challenger."""
        from mlflow.exceptions import MlflowException

        client = self.tracking.client
        with self._locked():
            try:
                client.create_registered_model(self.model)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            made = client.create_model_version(self.model, logged.uri, run_id=logged.run_id, tags=dict(tags))
            client.set_registered_model_alias(self.model, CHALLENGER, made.version)
        return self.version(str(made.version))

    def check_registered(self) -> None:
        """Raises RegistryError, naming the models there are, where this one is none of the store's."""
        known = sorted(model.name for model in self.tracking.client.search_registered_models())
        if self.model not in known:
            others = f"name one of {', '.join(known)} with --model" if known else "run `make run` first"
            raise RegistryError(
                f"there is no registered model {self.model} in {self.tracking.place}: {others}"
            )

    def version(self, number: str) -> Version:
        """Raises RegistryError where there is no such version."""
        from mlflow.exceptions import MlflowException

        try:
            found = self.tracking.client.get_model_version(self.model, number)
        except MlflowException as error:
            known = ", ".join(sorted((str(v.version) for v in self._versions()), key=int)) or "none"
            raise RegistryError(
                f"{self.model} has no version {number!r}; its versions are {known}"
            ) from error
        return Version(self.model, str(found.version), found.run_id or "", dict(found.tags))

    def champion(self) -> Version | None:
        """The sitting champion, None before the first."""
        number = self._registered()[0].get(CHAMPION)
        return self.version(str(number)) if number else None

    def contest(self, version: Version, judge: Callable[[Version | None], list[Check]]) -> Verdict:
        """Judge `version` against the sitting champion and crown it where no check blocks.

        Reading, judging and setting happen under the lock: of racing runs none can crown a model that
        was not compared with the champion of that moment. The verdict stays with the version.
        """
        with self._locked():
            self._settle()
            sitting = self.champion()
            checks = tuple(judge(sitting))
            promoted = all(c.passed for c in checks if c.blocks)
            verdict = Verdict(version, checks, promoted, version if promoted else sitting)
            table = json.dumps([{**asdict(c), "verdict": c.verdict} for c in checks])
            self.tracking.client.set_model_version_tag(self.model, version.number, GATE_TAG, table)
            self._record("gate", version.number, CHAMPION if promoted else CHALLENGER, verdict.why)
        return verdict

    def override(self, number: str, why: str) -> Version:
        """Make a version champion by a person's decision, recorded with its reason."""
        with self._locked():
            self._settle()
            version = self.version(number)
            self._record("override", number, CHAMPION, why)
        return version

    def rollback(self, why: str) -> Version:
        """Make the champion before this one champion again. Raises RegistryError where there was none."""
        with self._locked():
            self._settle()
            version = self.version(former_champion(self.history()))
            self._record("rollback", version.number, CHAMPION, why)
        return version

    def history(self) -> list[Event]:
        """Every verdict and every change, oldest first."""
        tags = self._registered()[1]
        events = [Event.from_json(text) for name, text in tags.items() if name.startswith(EVENT_TAG)]
        return sorted(events, key=lambda event: event.number)

    def verify(self) -> int:
        """The number of recorded events.

        Raises RegistryError where one was changed or is gone, or where the champion is not the one they say.
        """
        events, (aliases, tags) = self.history(), self._registered()
        verify_chain(events)
        # The newest seal stands apart, and each version keeps its own: cutting events off the end shows.
        seals = {v.version: v.tags[SEAL_TAG] for v in self._versions() if SEAL_TAG in v.tags}
        known = {e.hash for e in events}
        if tags.get(SEAL_TAG, "") not in known | {""} or not set(seals.values()) <= known:
            raise RegistryError(f"the last verdicts on {self.model} are gone from its history")
        crowned = [e.version for e in events if e.alias == CHAMPION]
        sitting = str(aliases.get(CHAMPION, ""))
        if sitting != (crowned[-1] if crowned else ""):
            raise RegistryError(
                f"version {sitting or 'none'} is champion, which no recorded promotion made it"
            )
        return len(events)

    def _settle(self) -> None:
        """Finish what a killed process began: its event is written, the alias is not yet set."""
        crowned = [e.version for e in self.history() if e.alias == CHAMPION]
        if crowned and str(self._registered()[0].get(CHAMPION, "")) != crowned[-1]:
            self.tracking.client.set_registered_model_alias(self.model, CHAMPION, crowned[-1])

    def _registered(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Aliases and tags of the model; empty before its first version."""
        from mlflow.exceptions import MlflowException

        try:
            found = self.tracking.client.get_registered_model(self.model)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}, {}
            raise
        return found.aliases, found.tags

    def _versions(self):
        return self.tracking.client.search_model_versions(f"name = '{self.model}'")

    def _locked(self) -> AbstractContextManager[None]:
        return held(self.lock, self.model)

    def _record(self, action: str, number: str, alias: str, why: str) -> None:
        """Write the event and its seals, then set the alias that it speaks of."""
        client, now = self.tracking.client, datetime.now(UTC).isoformat(timespec="microseconds")
        events = self.history()
        event = Event(0, now, getpass.getuser(), action, number, alias, why[:MOST])
        event = event.chained(events[-1] if events else None)
        client.set_registered_model_tag(self.model, f"{EVENT_TAG}{event.number:06d}", event.to_json())
        client.set_model_version_tag(self.model, number, SEAL_TAG, event.hash)
        client.set_registered_model_tag(self.model, SEAL_TAG, event.hash)
        if alias == CHAMPION:
            client.set_registered_model_alias(self.model, CHAMPION, number)
