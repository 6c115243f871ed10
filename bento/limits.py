"""How much the service takes on at once, and from one caller."""

from __future__ import annotations

import time
from collections.abc import Callable

from bento.problems import Problem


class Limits:
    """Refuses with 429 beyond `in_flight` requests at once, or `rate` a second from one caller (0: any)."""

    def __init__(self, in_flight: int, rate: int, clock: Callable[[], float] = time.monotonic):
        self._most, self._now = in_flight, 0
        self._rate, self._clock = rate, clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> None:
        """Count one request of `caller`, until it is given back. Raises Problem 429."""
        if self._now >= self._most:
            raise Problem(429, "too many requests at once", headers={"Retry-After": "1"})
        if self._rate:
            self._spend(caller)
        self._now += 1

    def give_back(self) -> None:
        """A request was answered."""
        self._now -= 1

    def _spend(self, caller: str) -> None:
        """Take one from the caller's bucket, which fills by `rate` a second up to one second's worth."""
        now = self._clock()
        left, since = self._left.get(caller, (float(self._rate), now))
        left = min(self._rate, left + (now - since) * self._rate)
        if left < 1:
            raise Problem(
                429, f"this key may send {self._rate} requests a second", headers={"Retry-After": "1"}
            )
        self._left[caller] = (left - 1, now)
