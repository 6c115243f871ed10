"""The web app: routes of the operations, and one error shape for all that is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import bentoml
from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.staticfiles import StaticFiles

from bento.access import Access
from bento.endpoints import OPERATIONS
from bento.limits import Limits
from bento.operation import Endpoint, Operation
from bento.problems import Problem
from bento.recording import Recorder
from bento.served import Served
from bento.settings import Settings
from bento.sources import source_of
from bento.watcher import Watcher

PICTURES = Path(bentoml.__file__).parent / "_internal" / "server" / "static_content"


HOT = (("POST", "/predict"), ("POST", "/predict/batch"))
"""what is asked for so often that no router should look for it"""


def make_app(served: Served, settings: Settings, operations: Iterable[Operation] = OPERATIONS) -> Starlette:
    """A Starlette app that answers `operations` from what is `served`."""
    operations = tuple(operations)
    access, limits = Access.of(settings), Limits(settings.in_flight, settings.rate)
    endpoints = {(o.method, o.path): Endpoint(o, access, limits) for o in operations}
    routes: list[BaseRoute] = [
        Route(path, endpoint, methods=[method], name=f"{method} {path}")
        for (method, path), endpoint in endpoints.items()
    ]
    routes += [
        Mount("/static_content", StaticFiles(directory=PICTURES)),
        Route("/{path:path}", Stranger(routes)),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _shaped}, lifespan=_running)
    app.state.served, app.state.settings, app.state.operations = (served, settings, operations)
    app.state.hot = {key: endpoints[key] for key in HOT if key in endpoints}
    return app


class Stranger:
    """Answers what no operation answers: 405 where the path has other methods, otherwise 404."""

    def __init__(self, routes: Iterable[BaseRoute]):
        self.routes = tuple(r for r in routes if isinstance(r, Route))

    async def __call__(self, scope, receive, send) -> None:
        partial = [r for r in self.routes if r.matches(scope)[0] is Match.PARTIAL]
        methods = sorted({m for r in partial for m in r.methods or ()})
        problem = Problem(404, "there is no such path; GET / shows what there is")
        if methods:
            problem = Problem(
                405, f"this path answers {', '.join(methods)}", headers={"Allow": ", ".join(methods)}
            )
        await problem.response()(scope, receive, send)


@asynccontextmanager
async def _running(app: Starlette) -> AsyncIterator[None]:
    # Not when the app is made: BentoML makes it in its supervisor too, which must not write the log.
    state = app.state
    state.recorder = Recorder.of(state.settings)
    seconds = max(state.settings.watch_seconds, 1)
    watching = [asyncio.create_task(w.run(seconds)) for w in _watchers(state)]
    yield
    for task in watching:
        task.cancel()
    await asyncio.to_thread(state.recorder.close)


def _watchers(state: State) -> Iterator[Watcher]:
    settings, served, shadow = state.settings, state.served, state.recorder.shadow
    packages = settings.package.parent
    if settings.watch:
        yield Watcher(source_of(settings.watch, packages), served.follow, "champion")
    if settings.challenger:

        def challenge(folder: Path) -> None:
            shadow.challenger = served.load(folder)

        yield Watcher(source_of(settings.challenger, packages), challenge, "challenger")


async def _shaped(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return Problem(error.status_code, error.detail, headers=error.headers).response()
