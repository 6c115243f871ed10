"""GET /features/... and /shap/global: how features are spread, and what they weigh."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from bento.customers import Customers
from bento.operation import Operation
from bento.problems import Problem
from bento.scorer import Scorer

PICTURE = "shap_global.png"


@dataclass(frozen=True)
class Bivariate:
    """Two features of the published sample, applicant by applicant."""

    x_data: list[Any]
    y_data: list[Any]


@dataclass(frozen=True)
class Distribution:
    """A feature's histogram over the training records."""

    counts: list[float]
    bin_edges: Annotated[list[Any], Field(description="edges of a number's bins, levels of a category")]
    median: Any


async def bivariate(request: Request) -> Response:
    """Two features against each other, over the published sample."""
    scorer = request.app.state.served.current()
    x, y = (_known(scorer, request.query_params[p]) for p in ("feat_x", "feat_y"))
    sample = Customers(scorer)
    return _json(Bivariate(sample.column(x), sample.column(y)))


async def distribution(request: Request) -> Response:
    """How a feature is spread over the training records."""
    scorer = request.app.state.served.current()
    feature = _known(scorer, request.path_params["feature"])
    spread = (scorer.package.document("distributions.json") or {}).get(feature)
    if spread is None:
        raise Problem(404, "the package carries no distribution of this feature")
    return _json(spread)


async def shap_global(request: Request) -> Response:
    """A picture of what each feature weighs over many applicants."""
    content = request.app.state.served.current().package.documents.get(PICTURE)
    if content is None:
        raise Problem(404, "the package carries no such picture")
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="image/png")


def _known(scorer: Scorer, feature: str) -> str:
    if feature not in scorer.model.encoding.features:
        raise Problem(404, "there is no such feature; GET /model lists them")
    return feature


def _json(content: Any) -> Response:
    return Response(to_json(content), media_type="application/json")


def _parameter(name: str, where: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": True, "schema": {"type": "string"}}


FEATURES = (
    Operation(
        "GET", "/features/bivariate_data", bivariate, "Two features against each other", "Features", "read",
        answer=Bivariate, parameters=(_parameter("feat_x", "query"), _parameter("feat_y", "query")),
        problems=(404, 503),
    ),
    Operation(
        "GET", "/features/{feature}/distribution", distribution, "How one is spread", "Features", "read",
        answer=Distribution, parameters=(_parameter("feature", "path"),), problems=(404, 503),
    ),
    Operation(
        "GET", "/shap/global", shap_global, "What each feature weighs", "Features", "read",
        answer=bytes, answer_type="image/png", problems=(304, 404, 503),
    ),
)  # fmt: skip
