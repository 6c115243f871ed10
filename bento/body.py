"""Reads a request's body within the limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from bento.problems import Problem


async def read_body(request: Request, most: int, seconds: float) -> bytes:
    """The whole body. Raises Problem 413 beyond `most` bytes, 408 where it does not arrive in time."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(seconds):
            return await _collect(request, most)
    except TimeoutError:
        raise Problem(408, f"the body did not arrive within {seconds:g} seconds") from None
    except ClientDisconnect:
        raise Problem(400, "the body did not arrive") from None


async def _collect(request: Request, most: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body is larger than {most:,} bytes", headers={"Connection": "close"})
