"""What is served: health, model, contract, and the API's own page."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from bento.decision import DecidedBy
from bento.metrics import CONTENT_TYPE, latest
from bento.openapi import openapi
from bento.operation import Operation
from bento.package import Version
from bento.pages import API_PAGE
from bento.problems import Problem


class Health(BaseModel):
    """Whether a model is loaded, and which."""

    status: Literal["ok", "no model"]
    timestamp: Annotated[datetime, Field(description="time of the answer")]
    model: Annotated[str | None, Field(examples=["credit-scorer"])] = None
    model_version: Annotated[str | None, Field(examples=["3"])] = None


class Served(Version):
    """The model that is served: where it comes from, what it reads, how it did."""

    classes: list[str] = Field(description="outcome classes in order; of two, the last is default")
    features: list[str] = Field(description="what the model reads, in its order")
    banks: list[str] = Field(description="names that the parameter `bank` takes")
    decided_by: dict[str, DecidedBy] = Field(
        description="bank -> whose model decides for it: the shared one, or its own, which this package carries",
        examples=[{"north": "own", "south": "shared"}],
    )
    challenger: str | None = Field(None, description="version of the model that scores in its shadow")
    metrics: Any = Field(None, description="figures of its evaluation")


async def health(request: Request) -> Response:
    """200 while a model is loaded, otherwise 503."""
    scorer = request.app.state.served.scorer
    now = datetime.now(UTC)
    if scorer is None:
        return _answer(Health(status="no model", timestamp=now), 503)
    version = scorer.version
    return _answer(Health(status="ok", timestamp=now, model=version.model, model_version=version.version))


async def model(request: Request) -> Response:
    """The served model's origin, features and figures."""
    scorer = request.app.state.served.current()
    package, shadow = scorer.package, request.app.state.recorder.shadow
    challenger = shadow.challenger if shadow else None
    served = Served(
        **scorer.version.model_dump(),
        classes=list(scorer.model.classes),
        features=list(scorer.model.encoding.features),
        metrics=package.document("metrics.json"),
        banks=sorted(scorer.banks),
        decided_by={bank: scorer.decided_by(bank) for bank in sorted(scorer.banks)},
        challenger=challenger.version.version if challenger else None,
    )
    return _answer(served)


async def card(request: Request) -> Response:
    """The model card, Markdown. 404 where the package carries none."""
    text = request.app.state.served.current().package.documents.get("card.md")
    if text is None:
        raise Problem(404, "the package carries no model card")
    return Response(text, media_type="text/markdown; charset=utf-8")


async def contract(request: Request) -> Response:
    """The contract as the package carries it."""
    return JSONResponse(request.app.state.served.current().contract.model_dump(mode="json"))


async def metrics(request: Request) -> Response:
    """Counters and histograms of requests and decisions, for Prometheus."""
    return Response(await asyncio.to_thread(latest), media_type=CONTENT_TYPE)


async def docs(request: Request) -> Response:
    """The OpenAPI description, made from the contract that is served."""
    return JSONResponse(openapi(request.app.state.operations, request.app.state.served.scorer))


async def page(request: Request) -> Response:
    """The API page for people."""
    return HTMLResponse(API_PAGE)


def _answer(content: BaseModel, status: int = 200) -> Response:
    return Response(content.model_dump_json(), status, media_type="application/json")


ABOUT = (
    Operation("GET", "/health", health, "Whether a model is served", "About", answer=Health, problems=(503,)),
    Operation(
        "GET", "/model", model, "Which model is served", "About", "read", answer=Served, problems=(503,)
    ),
    Operation(
        "GET",
        "/model/card",
        card,
        "The model card",
        "About",
        "read",
        answer=str,
        answer_type="text/markdown",
        problems=(404, 503),
    ),
    Operation(
        "GET",
        "/contract",
        contract,
        "The data contract",
        "About",
        "read",
        answer=dict[str, Any],
        problems=(503,),
    ),
    Operation(
        "GET",
        "/metrics",
        metrics,
        "Metrics for Prometheus",
        "Operation",
        "read",
        answer=str,
        answer_type="text/plain",
    ),
    Operation("GET", "/docs.json", docs, "This description", "About", answer=dict[str, Any]),
    Operation("GET", "/", page, "This description as a page", "About", answer=str, answer_type="text/html"),
)
