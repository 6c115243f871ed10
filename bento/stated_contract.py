"""Refuses applicants that were written under another contract than the one that is served."""

from __future__ import annotations

from starlette.requests import Request

from bento.parameters import headers_of
from bento.problems import Problem
from bento.scorer import Scorer

HEADER = "X-Contract"
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "description": "contract that the applicant was written under, as name/version or fingerprint; another is refused",
    "schema": {"type": "string"},
    "example": "sba/1",
}


def check_stated_contract(request: Request, scorer: Scorer) -> None:
    """Raise Problem 409 where the request states another contract than `scorer`'s; stating none is allowed."""
    sent = headers_of(request.scope).get(HEADER.lower().encode())
    if sent is None or scorer.contract.is_named(stated := sent.decode("latin-1")):
        return
    own = scorer.contract
    raise Problem(
        409,
        f"the applicant was written under contract {stated[:80]!r}, served is {own.name}/{own.version} "
        f"({own.fingerprint[:12]}): write it under the contract that GET /contract gives",
    )
