"""The scoring service: the web app inside BentoML, which adds liveness, readiness and metrics."""

from __future__ import annotations

import logging

import bentoml

from bento.app import make_app
from bento.door import Door
from bento.served import Served
from bento.settings import Settings

SETTINGS = Settings.from_environment()
SERVED = Served()
APP = make_app(SERVED, SETTINGS)
READING_SECONDS = 15
"""what reading the largest batch may take, after which its answer begins"""


@bentoml.asgi_app(APP, path="/")
@bentoml.service(
    name="credit-scorer",
    description="Credit scores of a model that banks trained together",
    # A distribution BentoML does not know keeps its compilers and git out of the image.
    image=bentoml.images.Image(base_image="python:3.11-slim", distro="slim"),
    # BentoML's own end, from a request's first byte to its answer's; it keeps a timer of each request until then.
    traffic={"timeout": float(SETTINGS.body_seconds + READING_SECONDS)},
    tracing={"excluded_urls": ".*"},
    logging={"access": {"enabled": False}},
    # BentoML counts by path, and paths name customers: the app counts by operation, and answers /metrics.
    metrics={"enabled": False},
    # One applicant is too little work to share among threads; the library reads this when it loads.
    envs=[{"name": "OMP_NUM_THREADS", "value": "1"}],
)
class CreditScorer:
    """Scores applicants by the package it carries, or the one that FEDCREDIT_PACKAGE names."""

    def __init__(self) -> None:
        logging.getLogger("fedcredit").setLevel(logging.INFO)
        SERVED.start(SETTINGS.package)

    def __is_ready__(self) -> bool:
        return SERVED.scorer is not None


CreditScorer.add_asgi_middleware(Door, into=APP, endpoints=APP.state.hot)  # type: ignore[arg-type]
