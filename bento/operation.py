"""An operation of the API: what it does, who may, what it takes and answers. Routes and OpenAPI follow."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import getrandbits
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bento.access import Access
from bento.limits import Limits
from bento.metrics import DURATION, REQUESTS
from bento.parameters import QueryCheck, headers_of
from bento.problems import Problem, unprocessable
from bento.scorer import UnknownBank
from credit.faults import ApplicantError

logger = logging.getLogger("fedcredit.service")
Handler = Callable[[Request], Awaitable[Response]]
ID = "fedcredit.request_id"
REQUEST_ID = re.compile(rb"[\w.-]{1,64}")


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    `answer` and `body` are types that have a JSON schema, or the name of one; in a list: a list of them.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    opens: str | None = None
    """scope a key needs; None: open to all"""
    body: Any = None
    answer: Any = None
    answer_type: str = "application/json"
    parameters: tuple[dict[str, Any], ...] = ()
    problems: tuple[int, ...] = ()
    description: str = ""
    example: Any = field(default=None, compare=False)


class Endpoint:
    """The ASGI app of an operation: admits, answers, counts, and gives whatever goes wrong the one error shape."""

    def __init__(self, operation: Operation, access: Access, limits: Limits):
        self.operation, self.access, self.limits = operation, access, limits
        self._check_query = QueryCheck(operation.parameters)
        name = f"{operation.method} {operation.path}"
        self._duration = DURATION.labels(name)
        self._counts: dict[int, Any] = {}
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, refusal = perf_counter(), self._refusal(scope)
        try:
            response = refusal or await self._answer(scope, receive)
            response.raw_headers.append((b"x-request-id", request_id(scope)))
            # A batch is scored while it is sent, and holds its place until then.
            await response(scope, receive, send)
        finally:
            if self.operation.opens and not refusal:
                self.limits.give_back()
        self._duration.observe(perf_counter() - began)
        self._count(response.status_code).inc()

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to whoever may not ask, or not now; all others get a place where the operation has a scope."""
        if self.operation.opens is None:
            return None
        try:
            scope["caller"] = self.access.admit(scope, self.operation.opens)
            self.limits.take(scope["caller"])
        except Problem as problem:
            return problem.response()
        return None

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        try:
            return await self._handle(scope, receive)
        except Problem as problem:
            return problem.response()
        except ApplicantError as error:
            return unprocessable(error.faults).response()
        except UnknownBank as error:
            return Problem(404, str(error)).response()
        except Exception as error:
            return _failed(error, self.operation)

    async def _handle(self, scope: Scope, receive: Receive) -> Response:
        self._check_query(scope["query_string"])
        return await self.operation.handler(Request(scope, receive))

    def _count(self, status: int) -> Any:
        if status not in self._counts:
            self._counts[status] = REQUESTS.labels(self._name, status)
        return self._counts[status]


def request_id(scope: Scope) -> bytes:
    """The caller's X-Request-ID where it is a plain word, otherwise a new one; the same for one request."""
    if ID not in scope:
        sent = headers_of(scope).get(b"x-request-id", b"")
        scope[ID] = sent if REQUEST_ID.fullmatch(sent) else b"%016x" % getrandbits(64)
    return scope[ID]


def _failed(error: Exception, operation: Operation) -> Response:
    # The message of an unforeseen error may carry an applicant's value: the log gets kind and place alone.
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
    logger.error("%s %s failed: %s at %s", operation.method, operation.path, type(error).__name__, where)
    return Problem(500, "the service failed; the log names the place").response()
