"""POST /admin/reload and /admin/rollback: another model, without a restart."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from bento.body import read_body
from bento.operation import Operation
from bento.problems import Problem
from bento.served import Served
from credit.errors import FedCreditError
from credit.faults import Fault

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,127}")


class Reload(BaseModel):
    """Which package to serve."""

    model_config = ConfigDict(extra="forbid", strict=True)

    package: str | None = Field(
        None, description="a folder beside the one the service started with; without it, that one again"
    )


class Changed(BaseModel):
    """What is served now, and what a rollback would bring back."""

    model_version: str
    former_version: str | None


async def reload(request: Request) -> Response:
    """Serve another package once its manifest, contract and golden applicants hold; requests go on meanwhile."""
    state = request.app.state
    folder = _folder(state.served, await read_body(request, 4096, state.settings.body_seconds))
    return await _changed(state.served, state.served.change, folder)


async def rollback(request: Request) -> Response:
    """Serve the package before this one again."""
    served = request.app.state.served
    return await _changed(served, served.roll_back)


async def _changed(served: Served, change, *arguments) -> Response:
    try:
        await asyncio.to_thread(change, *arguments)
    except FedCreditError as error:
        raise Problem(409, f"the served model stays: {error}") from None
    former = served.former.version.version if served.former else None
    answer = Changed(model_version=served.current().version.version, former_version=former)
    return Response(to_json(answer), media_type="application/json")


def _folder(served: Served, body: bytes) -> Path:
    try:
        name = Reload.model_validate_json(body or b"{}").package
    except ValidationError:
        raise _wrong("the body must be {} or name a package") from None
    if name is None:
        return served.folder
    # A plain name only: whoever holds the key must not read folders elsewhere.
    if not NAME.fullmatch(name):
        raise _wrong("package must be the plain name of a folder")
    return served.folder.parent / name


def _wrong(message: str) -> Problem:
    return Problem(422, "1 field is wrong", [Fault("package", "type", message)])


ADMIN = (
    Operation(
        "POST", "/admin/reload", reload, "Serve another package", "Operation", "admin",
        body=Reload, answer=Changed, problems=(400, 408, 409, 413, 422), example=lambda _: {},
    ),
    Operation(
        "POST", "/admin/rollback", rollback, "Serve the former package", "Operation", "admin",
        answer=Changed, problems=(409,),
    ),
)  # fmt: skip
