"""The short way in: the endpoint most asked for is answered before BentoML looks for a route."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class Door:
    """BentoML middleware that gives some operations, by method and path, to their endpoint at once.

    What the router would add to the request's scope is `app`, by which handlers find what is served.
    """

    def __init__(self, app: ASGIApp, *, into: ASGIApp, endpoints: Mapping[tuple[str, str], ASGIApp]):
        self._next, self._into, self._endpoints = app, into, endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoint(scope) if scope["type"] == "http" else None
        if endpoint is None:
            await self._next(scope, receive, send)
        else:
            scope["app"] = self._into
            await endpoint(scope, receive, send)

    def _endpoint(self, scope: Scope) -> ASGIApp | None:
        # No route of BentoML's matches a line break: it would answer in a form of its own.
        stray = self._into if "\n" in scope["path"] else None
        return self._endpoints.get((scope["method"], scope["path"]), stray)
