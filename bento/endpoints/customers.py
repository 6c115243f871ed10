"""GET /customers and /customer/...: the published sample of applicants."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from bento.customers import CustomerDashboard, CustomerIds, Customers, CustomerScore
from bento.explanation import Shap
from bento.operation import Operation

CUSTOMER = {"name": "customer", "in": "path", "required": True, "schema": {"type": "string"}}


async def customers(request: Request) -> Response:
    """The identifiers of the published sample."""
    return _json(_sample(request).ids())


async def dashboard(request: Request) -> Response:
    """Score, strongest features and contributions of one applicant."""
    return _json(_sample(request).dashboard(request.path_params["customer"]))


async def score(request: Request) -> Response:
    """Probability of default and decision."""
    return _json(_sample(request).score(request.path_params["customer"]))


async def features(request: Request) -> Response:
    """The four strongest features and their values."""
    return _json(_sample(request).features(request.path_params["customer"]))


async def shap(request: Request) -> Response:
    """The contribution of every feature."""
    return _json(_sample(request).shap(request.path_params["customer"]))


def _sample(request: Request) -> Customers:
    return Customers(request.app.state.served.current())


def _json(content: Any) -> Response:
    return Response(to_json(content), media_type="application/json")


def _one(path: str, handler: Any, summary: str, answer: Any) -> Operation:
    return Operation(
        "GET", f"/customer/{{customer}}/{path}", handler, summary, "Sample", "read",
        answer=answer, parameters=(CUSTOMER,), problems=(404, 503),
    )  # fmt: skip


SAMPLE = (
    Operation(
        "GET",
        "/customers",
        customers,
        "Who is in the sample",
        "Sample",
        "read",
        answer=CustomerIds,
        problems=(503,),
    ),
    _one("dashboard", dashboard, "Everything on one applicant", CustomerDashboard),
    _one("score", score, "Score of one applicant", CustomerScore),
    _one("features", features, "Strongest features of one applicant", dict[str, Any]),
    _one("shap", shap, "Contributions of one applicant", Shap),
)
