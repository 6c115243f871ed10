"""One request as the handlers see it, who sent it, and what that account may do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.hub.store import Refusal, Repo, Store

BAD_TOKEN = "Invalid credentials in Authorization header"


@dataclass
class State:
    """Everything a running Hub knows, and the switches a test turns."""

    tokens: dict[str, str]
    read_only: set[str]
    page_size: int
    large_from: int
    port: int = 0
    paid: bool = True
    store: Store = field(default_factory=Store)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def files_origin(self) -> str:
        return f"http://localhost:{self.port}"


@dataclass
class Call:
    """A request with its body read and its path taken apart."""

    hub: State
    request: Request
    path: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"{}")

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())

    @property
    def token(self) -> str | None:
        header = self.request.headers.get("authorization", "")
        return header.removeprefix("Bearer ") or None

    @property
    def user(self) -> str | None:
        """Name of the account, None when anonymous; a token nobody holds is refused."""
        if self.token is None:
            return None
        if self.token not in self.hub.tokens:
            raise Refusal(401, BAD_TOKEN)
        return self.hub.tokens[self.token]

    def account(self) -> str:
        """Name of the account of a request that may not be anonymous."""
        if self.user is None:
            raise Refusal(401, "Invalid username or password.")
        return self.user

    def repo(self) -> Repo:
        """The repository the path names, if the account may see it."""
        found = self.hub.store.repos.get((self.path["kind"], self.path["id"]))
        if found is None or (found.private and self.user != found.owner):
            raise Refusal(401 if self.user is None else 404, "Repository not found", "RepoNotFound")
        return found

    def open_repo(self) -> Repo:
        """As `repo`, refused as well while the account has not been let through the gate."""
        found = self.repo()
        if found.gated and self.user != found.owner:
            raise Refusal(
                401 if self.user is None else 403, f"Access to {found.id} is restricted.", "GatedRepo"
            )
        return found

    def own_repo(self) -> Repo:
        """As `repo`, refused as well when the token may not write there."""
        found = self.repo()
        self.check_may_write(found.owner)
        return found

    def check_may_write(self, owner: str) -> None:
        if self.account() != owner or self.token in self.hub.read_only:
            raise Refusal(403, f"You don't have the rights to write to the namespace {owner!r}.")


def refuse(refusal: Refusal) -> Response:
    """The refusal as the Hub words it: message in header and body, code in a header."""
    headers = {"X-Error-Message": refusal.message, **refusal.headers}
    if refusal.code:
        headers["X-Error-Code"] = refusal.code
    return JSONResponse({"error": refusal.message, **refusal.body}, refusal.status, headers)
