"""Who was champion when, and why: events chained by hashes, so that none can be changed or taken out unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from credit.errors import RegistryError

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True)
class Event:
    """One verdict on a version. `alias` is what it became; `action` is gate, override or rollback.

    `hash` is of all other fields, `previous` the hash of the event before, empty for the first.
    """

    number: int
    when: str
    who: str
    action: str
    version: str
    alias: str
    why: str
    previous: str = ""
    hash: str = ""

    def chained(self, before: Event | None) -> Event:
        """The event as the next after `before`."""
        number, previous = (before.number + 1, before.hash) if before else (1, "")
        own = replace(self, number=number, previous=previous)
        return replace(own, hash=own.digest())

    def digest(self) -> str:
        """sha256 of everything but the hash itself."""
        fields = {k: v for k, v in asdict(self).items() if k != "hash"}
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Event:
        return cls(**json.loads(text))


def verify_chain(events: Sequence[Event]) -> None:
    """Raises RegistryError at the first event that was changed, or that one before it is missing from."""
    before: Event | None = None
    for event in events:
        if event.hash != event.digest():
            raise RegistryError(f"verdict {event.number} of {event.when} is not as it was written")
        if event.previous != (before.hash if before else ""):
            raise RegistryError(f"verdict {event.number} of {event.when} does not follow the one before it")
        before = event


def champion_on(events: Sequence[Event], moment: datetime) -> Event | None:
    """The event by which the champion of `moment` had become it, None before the first."""
    crowned = [e for e in events if e.alias == CHAMPION and datetime.fromisoformat(e.when) <= moment]
    return crowned[-1] if crowned else None


def former_champion(events: Sequence[Event]) -> str:
    """The version that a rollback goes back to; rolling back twice goes back two.

    Raises RegistryError where no version sat before the champion.
    """
    sat: list[str] = []
    for event in (e for e in events if e.alias == CHAMPION):
        if event.action == "rollback":
            sat.pop()
        elif not sat or sat[-1] != event.version:
            sat.append(event.version)
    if len(sat) < 2:
        raise RegistryError("no version was champion before this one: there is nothing to roll back to")
    return sat[-2]
