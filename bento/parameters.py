"""Headers and query parameters of a request, read once."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.types import Scope

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
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
