"""Headers and query parameters of a request, read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Scope

from bento.problems import Problem
from credit.faults import MOST, Fault

HEADERS = "fedcredit.headers"


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers; of a repeated one, the last."""
    found = scope.get(HEADERS)
    if found is None:
        found = scope[HEADERS] = dict(scope["headers"])
    return found


@lru_cache(256)
def parameters_of(query: bytes) -> dict[str, str]:
    """The parameters of a query string; not to be changed."""
    return dict(_pairs(query))


def wrong_parameters(faults: list[Fault]) -> Problem:
    """The problem of a query string that its endpoint does not take."""
    wrong = len(faults)
    return Problem(422, f"{wrong} parameter{' is' if wrong == 1 else 's are'} wrong", faults)


class QueryCheck:
    """Refuses the query strings that an endpoint with these `parameters`, as OpenAPI has them, does not take."""

    def __init__(self, parameters: Iterable[Mapping[str, Any]]):
        asked = [p for p in parameters if p["in"] == "query"]
        self._names = sorted(p["name"] for p in asked)
        self._required = [p["name"] for p in asked if p.get("required")]
        self._right = lru_cache(256)(self._read)

    def __call__(self, query: bytes) -> None:
        """Raise Problem 422 naming each parameter that is unknown, empty, repeated or missing."""
        if query or self._required:
            self._right(query)

    def _read(self, query: bytes) -> None:
        # Only what is right is remembered: a problem is raised, which no cache keeps.
        pairs = _pairs(query)
        times = Counter(name for name, _ in pairs)
        empty = {name for name, value in pairs if not value}
        found = (self._fault(name, times[name], name in empty) for name in times)
        faults = [fault for fault in found if fault]
        faults += [Fault(p, "missing", f"{p} is required") for p in self._required if p not in times]
        if faults:
            raise wrong_parameters(faults[:MOST])

    def _fault(self, name: str, times: int, empty: bool) -> Fault | None:
        shown = name[:80]
        if name not in self._names:
            there_are = f"there are {', '.join(self._names)}" if self._names else "there are none"
            return Fault(shown, "unknown", f"{shown} is not a parameter of this endpoint: {there_are}")
        if times > 1:
            return Fault(shown, "repeated", f"{shown} is given more than once")
        if empty:
            return Fault(shown, "missing", f"{shown} is empty: give it a value or leave it out")
        return None


def _pairs(query: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)
