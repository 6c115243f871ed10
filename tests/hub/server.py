"""The Hub as a web application: finds the handler of a raw path and turns refusals into answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.hub import download, refs, repos, spaces, upload
from tests.hub.call import Call, State, refuse
from tests.hub.store import Refusal

API = r"/api/(?P<kind>models|datasets|spaces)/(?P<id>[^/]+/[^/]+)"
REV = r"/(?P<rev>[^/]+)"
SPACE = r"/api/(?P<kind>spaces)/(?P<id>[^/]+/[^/]+)"
PLAIN = r"/(?:(?P<kind>datasets|spaces)/)?(?P<id>[^/]+/[^/]+?)"

ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", r"/api/whoami-v2", repos.whoami),
    ("POST", r"/api/validate-yaml", repos.validate_yaml),
    ("POST", r"/api/repos/create", repos.create),
    ("DELETE", r"/api/repos/delete", repos.delete),
    ("PUT", API + r"/settings", repos.settings),
    ("GET", API + r"/auth-check(?P<write>/write)?", repos.auth_check),
    ("GET", API + rf"(?:/revision{REV})?", repos.info),
    ("GET", API + rf"/tree{REV}(?:/(?P<path>.+))?", repos.tree),
    ("POST", API + rf"/paths-info{REV}", refs.paths_info),
    ("GET", API + r"/refs", refs.refs),
    ("GET", API + rf"/commits{REV}", refs.commits),
    ("POST", API + rf"/tag{REV}", refs.add_tag),
    ("DELETE", API + rf"/tag{REV}", refs.remove_tag),
    ("POST", API + rf"/branch{REV}", refs.add_branch),
    ("DELETE", API + rf"/branch{REV}", refs.remove_branch),
    ("POST", API + rf"/preupload{REV}", upload.preupload),
    ("POST", API + rf"/commit{REV}", upload.commit),
    ("POST", PLAIN + r"\.git/info/lfs/objects/batch", upload.batch),
    ("PUT", r"/lfs-upload/(?P<oid>[0-9a-f]{64})", upload.put),
    ("POST", r"/lfs-verify/(?P<kind>[^/]+)/(?P<id>[^/]+/[^/]+)", upload.verify),
    ("GET", r"/files/(?P<oid>[0-9a-f]{64})", download.large_file),
    ("GET", PLAIN + rf"/resolve{REV}/(?P<path>.+)", download.resolve),
    ("GET", SPACE + r"/(?P<what>secrets|variables)", spaces.get_pairs),
    ("POST", SPACE + r"/(?P<what>secrets|variables)", spaces.set_pair),
    ("DELETE", SPACE + r"/(?P<what>secrets|variables)", spaces.drop_pair),
    ("GET", SPACE + r"/runtime", spaces.runtime),
    ("POST", SPACE + r"/restart", spaces.restart),
]


class HubApp:
    """An ASGI application that records requests, misbehaves on demand, and otherwise answers."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.requests: list[tuple[str, str]] = []
        self.failures: list[int] = []
        self.silent = False
        self.meanwhile: list[tuple[str, Callable[[], object]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        path = scope["raw_path"].decode()
        self.requests.append((request.method, path))
        while self.silent:
            await asyncio.sleep(0.02)
        response = self.answer(request, path, body)
        await response(scope, receive, send)

    def answer(self, request: Request, path: str, body: bytes) -> Response:
        try:
            if self.failures:
                raise Refusal(self.failures.pop(0), "The Hub is out of order")
            self._let_others_act(path)
            handler, parts = find(request.method, path)
            return handler(Call(self.state, request, parts, body))
        except Refusal as refusal:
            return refuse(refusal)

    def _let_others_act(self, path: str) -> None:
        due = [entry for entry in self.meanwhile if entry[0] in path]
        self.meanwhile = [entry for entry in self.meanwhile if entry not in due]
        for _, action in due:
            action()


def find(method: str, path: str) -> tuple[Callable[[Call], Response], dict[str, str]]:
    """The handler for a path, and the path's parts; parts stay quoted until they have been told apart."""
    wanted = "GET" if method == "HEAD" else method
    for verb, pattern, handler in ROUTES:
        match = re.fullmatch(pattern, path)
        if verb == wanted and match:
            parts = {name: unquote(part) for name, part in match.groupdict().items() if part is not None}
            return handler, {"kind": "models", **parts}
    raise Refusal(404, f"Nothing answers {method} {path}")
