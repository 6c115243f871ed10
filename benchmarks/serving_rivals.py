"""Other ways to serve the same model, for `benchmarks.serving`: each reads the package that PACKAGE names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bentoml
import numpy as np
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from credit.models import load_model

PACKAGE = Path(os.environ.get("PACKAGE", "."))


async def constant(request: Request) -> JSONResponse:
    """Reads the body, and answers always the same."""
    await request.body()
    return JSONResponse({"pd": 0.184, "decision": "accepted"})


@bentoml.asgi_app(Starlette(routes=[Route("/predict", constant, methods=["POST"])]), path="/")
@bentoml.service(
    traffic={"timeout": 5.0},
    tracing={"excluded_urls": ".*"},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class Constant:
    """The least that a Starlette app mounted in BentoML can cost."""


@bentoml.service
class Typed:
    """BentoML as its tutorial has it: a typed endpoint, default settings, the library's contributions."""

    def __init__(self) -> None:
        self.model = load_model(PACKAGE)

    @bentoml.api(route="/predict")
    def predict(self, applicant: dict[str, float]) -> dict[str, Any]:
        return explained(self.model, applicant)


def make_fastapi() -> FastAPI:
    """FastAPI with the library's contributions."""
    app, model = FastAPI(), load_model(PACKAGE)

    @app.post("/predict")
    def predict(applicant: dict[str, float]) -> dict[str, Any]:
        return explained(model, applicant)

    return app


def explained(model: Any, applicant: dict[str, float]) -> dict[str, Any]:
    """PD and the four strongest contributions, by the library."""
    X = np.array([[applicant[f] for f in model.encoding.features]])
    shap = model.contributions(X)[0, 0, :-1]
    strongest = np.argsort(-shap)[:4]
    reasons = {model.encoding.features[i]: float(shap[i]) for i in strongest}
    return {"pd": float(model.probabilities(X)[0, 1]), "reasons": reasons}
