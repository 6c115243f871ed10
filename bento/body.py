"""Reads a request's body within the limits of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any

from starlette.requests import ClientDisconnect, Request

from bento.parameters import headers_of
from bento.problems import Problem

GZIP = b"\x1f\x8b"


async def read_body(request: Request, most: int, seconds: float) -> bytes:
    """The whole body. Raises Problem 413 beyond `most` bytes, 408 where it does not arrive in time, 415 compressed."""
    headers = headers_of(request.scope)
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise _compressed()
    body = await _within(request, most, seconds)
    if body.startswith(GZIP):
        raise _compressed()
    return body


async def _within(request: Request, most: int, seconds: float) -> bytes:
    try:
        reading = _collect(request, most)
        try:
            waits_for = reading.send(None)
        except StopIteration as done:
            return done.value  # It was here already: no timer is needed.
        async with asyncio.timeout(seconds):
            return await _Begun(reading, waits_for)
    except TimeoutError:
        raise Problem(408, f"the body did not arrive within {seconds:g} seconds") from None
    except ClientDisconnect:
        raise Problem(400, "the body did not arrive") from None


class _Begun:
    """The rest of a coroutine that was begun, and waits for something."""

    def __init__(self, coroutine: Coroutine[Any, None, bytes], waits_for: Any):
        self._coroutine, self._waits_for = coroutine, waits_for

    def __await__(self) -> Generator[Any, None, bytes]:
        yield self._waits_for
        return (yield from self._coroutine.__await__())


async def _collect(request: Request, most: int) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
        more = message.get("more_body", False)
    return b"".join(parts)


def _compressed() -> Problem:
    return Problem(
        415, "bodies are not compressed: send it as it is", headers={"Accept-Encoding": "identity"}
    )


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body is larger than {most:,} bytes", headers={"Connection": "close"})
