"""API keys: who may do what. Keys are kept as SHA-256 only; without keys, only this machine may ask."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from starlette.types import Scope

from bento.parameters import headers_of
from bento.problems import Problem
from bento.settings import SettingError, Settings

SCOPES = ("score", "read", "admin")
LOOPBACK = ("127.", "::1")
OWN_NAME = re.compile(rb"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?", re.IGNORECASE)
FORWARDED = (b"x-forwarded", b"forwarded")


@dataclass(frozen=True)
class Key:
    """The hash of a key, the name it is known by in logs and metrics, and what it opens."""

    name: str
    digest: str
    scopes: frozenset[str]


class Access:
    """Decides whether a request may pass."""

    def __init__(self, keys: tuple[Key, ...] = ()):
        self.keys = keys

    @classmethod
    def of(cls, settings: Settings) -> Access:
        """The keys of the environment and of a file: each `name:sha256:scope,scope` on a line or after `;`.

        Raises SettingError for a line that is none.
        """
        text = settings.keys.replace(";", "\n")
        if settings.keys_file:
            text += "\n" + settings.keys_file.read_text(encoding="utf-8")
        lines = (line.strip() for line in text.splitlines())
        return cls(tuple(_key(line) for line in lines if line and not line.startswith("#")))

    def admit(self, scope: Scope, need: str) -> str:
        """The name of the caller of an ASGI request. Raises Problem 401 or 403."""
        if not self.keys:
            return _keyless(scope)
        digest = hashlib.sha256(_presented(scope)).hexdigest()
        found = [k for k in self.keys if hmac.compare_digest(k.digest, digest)]
        if not found:
            raise Problem(401, "send a valid key as X-API-Key", headers={"WWW-Authenticate": "ApiKey"})
        if not any(need in k.scopes for k in found):
            raise Problem(403, f"this key does not open {need!r}")
        return found[0].name


def new_key(name: str, scopes: tuple[str, ...]) -> tuple[str, str]:
    """A new key, and the line that lets it in."""
    key = secrets.token_urlsafe(32)
    return key, f"{name}:{hashlib.sha256(key.encode()).hexdigest()}:{','.join(scopes)}"


def _key(line: str) -> Key:
    name, _, rest = line.partition(":")
    digest, _, scopes = rest.partition(":")
    opened = frozenset(s.strip() for s in scopes.split(","))
    if not name or len(digest) != 64 or not opened or opened - set(SCOPES):
        raise SettingError(
            f"API key {name!r} is not name:sha256:scopes with scopes out of {', '.join(SCOPES)}"
        )
    return Key(name, digest.lower(), opened)


def _keyless(scope: Scope) -> str:
    headers, server = headers_of(scope), scope.get("server") or ("", 0)
    forwarded = [name for name in headers if name.startswith(FORWARDED)]
    if not str(server[0]).startswith(LOOPBACK) or forwarded:
        raise Problem(401, "the service has no API keys and answers only on its own machine")
    host = headers.get(b"host", b"localhost")
    # A page open on this machine may send here what it likes, and have its own name resolve to this machine.
    if not OWN_NAME.fullmatch(host) or headers.get(b"origin", b"//" + host).partition(b"//")[2] != host:
        raise Problem(
            403, "the service has no API keys: ask it as localhost, and not from a page of another site"
        )
    return "local"


def _presented(scope: Scope) -> bytes:
    headers = headers_of(scope)
    bearer = headers.get(b"authorization", b"")
    return headers.get(b"x-api-key") or (bearer[7:] if bearer[:7].lower() == b"bearer " else b"")
