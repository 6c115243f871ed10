"""The one door that banks see: a TLS proxy that lets `/v1/fleet/` through and nothing else.

TLS and node keys do not guard the link's Control and Runtime paths, so banks must not reach them.
deploy/nginx.conf does the same where nginx runs already.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FLEET = "/v1/fleet/"
OWN_HEADERS = {"host", "connection", "transfer-encoding", "content-length"}
SECONDS = 120.0


def gate_app(link: str, ca: Path) -> Starlette:
    """The proxy before the SuperLink at `link` (host:port), whose certificate `ca` signed."""
    trusted = ssl.create_default_context(cafile=str(ca))
    client = httpx.AsyncClient(base_url=f"https://{link}", verify=trusted, timeout=SECONDS)

    async def pass_on(request: Request) -> Response:
        headers = [(k, v) for k, v in request.headers.items() if k not in OWN_HEADERS]
        body = await request.body()
        try:
            answer = await client.post(request.url.path, content=body, headers=headers)
        except httpx.TransportError:
            return Response("the coordinator's link is down", 503)
        kept = {k: v for k, v in answer.headers.items() if k not in OWN_HEADERS | {"content-encoding"}}
        return Response(answer.content, answer.status_code, kept)

    return Starlette(routes=[Route(FLEET + "{action}", pass_on, methods=["POST"])])


def run_gate(host: str, port: int, link: str, certificates: Path) -> None:
    """Serve the proxy until the process ends; `certificates` holds ca.crt, server.crt and server.key."""
    uvicorn.run(
        gate_app(link, certificates / "ca.crt"),
        host=host,
        port=port,
        ssl_certfile=str(certificates / "server.crt"),
        ssl_keyfile=str(certificates / "server.key"),
        log_level="warning",
        access_log=False,
    )
