"""Talks to the Hub with time-outs, a few retries, and errors in words that never hold the token."""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from credit.errors import RegistryError

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import httpx

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 3
FIRST_WAIT_SECONDS = 1.0
TIMEOUT_SECONDS = 60.0
TRANSIENT = {408, 429, 500, 502, 503, 504}


class HubError(RegistryError):
    """The Hub refused, or could not be reached; `status` is its answer's status, if it gave one."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class HubSession:
    """The Hub at `endpoint` (None: the one HF_ENDPOINT names) for one account."""

    def __init__(self, endpoint: str | None, token: str | None) -> None:
        from huggingface_hub import HfApi

        limit_waiting()
        self.api: HfApi = HfApi(endpoint=endpoint, token=_checked(token))

    def call(self, doing: str, action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do one thing on the Hub, again after a passing failure. Raises HubError."""
        from huggingface_hub.utils import httpx

        attempt = 1
        while True:
            try:
                return action(*args, **kwargs)
            except (httpx.HTTPError, OSError, ValueError, RuntimeError) as error:
                if attempt == ATTEMPTS or not _passes(error):
                    raise in_words(error, doing, self.api.endpoint) from error
            time.sleep(FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
            attempt += 1


@functools.cache
def limit_waiting() -> None:
    """Give every request of the Hub client in this process a time-out; it has none of its own."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils import get_session, httpx

    hooks = {"request": [*get_session().event_hooks["request"], _limit]}
    set_client_factory(lambda: httpx.Client(event_hooks=hooks, follow_redirects=True, timeout=None))


def _limit(request: httpx.Request) -> None:
    given = request.extensions.get("timeout") or {}
    phases = ("connect", "read", "write", "pool")
    request.extensions["timeout"] = {phase: given.get(phase) or TIMEOUT_SECONDS for phase in phases}


def _checked(token: str | None) -> str | None:
    """The token without the line end a file leaves; an odd character would make the client print it."""
    if token is None:
        return None
    if not re.fullmatch(r"[!-~]+", token.strip()):
        raise HubError("The Hub token is empty or holds characters a token can't have. Set it again.")
    return token.strip()


def _cause(error: Exception) -> Exception:
    """The failure itself where the client has wrapped it."""
    from huggingface_hub.utils import httpx

    inner = error.__cause__
    if isinstance(error, (RuntimeError, FileNotFoundError)) and isinstance(inner, httpx.HTTPError):
        return inner
    return error


def _passes(error: Exception) -> bool:
    """Whether the same request may well succeed a moment later."""
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import httpx

    error = _cause(error)
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in TRANSIENT
    # A page that is no JSON is a proxy's apology, not the Hub's answer.
    return isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError, json.JSONDecodeError))


def in_words(error: Exception, doing: str, endpoint: str) -> HubError:
    """What went wrong, where, and what to do."""
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import httpx

    error = _cause(error)
    if isinstance(error, HfHubHTTPError):
        return HubError(f"{doing} failed: {_answer(error)}", error.response.status_code)
    if isinstance(error, httpx.TimeoutException):
        return HubError(f"{doing} failed: {endpoint} did not answer in time. Try again later.")
    if isinstance(error, httpx.HTTPError):
        return HubError(
            f"{doing} failed: can't reach {endpoint} ({error}). Check the address and the network."
        )
    return HubError(f"{doing} failed: {error}")


def _answer(error: HfHubHTTPError) -> str:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    if isinstance(error, GatedRepoError):
        return "access to it is granted on request. Ask for it on its page."
    if isinstance(error, RepositoryNotFoundError):
        return "it does not exist, or is private and this account may not see it."
    if isinstance(error, RevisionNotFoundError):
        return "it has no such revision."
    status = error.response.status_code
    return ADVICE.get(status, f"the Hub answered {status}, {error.server_message or 'without saying why'}.")


ADVICE = {
    401: "the Hub does not accept the token. Make a new one in the account's settings.",
    402: "the account has not paid for it.",
    403: "the token may not write there. Use one with write access to that account.",
    412: "somebody else committed at the same moment. Publish again.",
    503: "the Hub is out of order. Try again later.",
}
