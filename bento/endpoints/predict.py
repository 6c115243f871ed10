"""POST /predict: one applicant, one decision."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from bento.body import read_body
from bento.decision import Decision, to_json
from bento.operation import Operation
from bento.parameters import parameters_of, wrong_parameters
from bento.stated_contract import PARAMETER as STATED_CONTRACT
from bento.stated_contract import check_stated_contract
from credit.faults import Fault

REASONS = {
    "name": "reasons",
    "in": "query",
    "description": "false leaves the reasons out, which is faster",
    "schema": {"type": "string", "enum": ["true", "false"], "default": "true"},
}


BANK = {
    "name": "bank",
    "in": "query",
    "description": "decide as this bank does: by its threshold, and by its own model where the package carries one",
    "schema": {"type": "string", "maxLength": 80},
}


async def predict(request: Request) -> Response:
    """The decision on the applicant in the body."""
    state = request.app.state
    scorer = state.served.current()
    check_stated_contract(request, scorer)
    reasons, judge = wants_reasons(request), scorer.judge_of(asked_bank(request))
    body = await read_body(request, state.settings.body_bytes, state.settings.body_seconds)
    values = scorer.reader.values(scorer.reader.parse(body))
    decision = judge.decide(values, reasons)
    state.recorder.record(scorer, decision, request.scope, body)
    return Response(to_json(decision), media_type="application/json")


def wants_reasons(request: Request, default: str = "true") -> bool:
    """The parameter `reasons`. Raises Problem 422 where it is neither true nor false."""
    answer = parameters_of(request.scope["query_string"]).get("reasons", default)
    if answer not in ("true", "false"):
        raise wrong_parameters([Fault("reasons", "book", "reasons must be true or false")])
    return answer == "true"


def asked_bank(request: Request) -> str:
    """The parameter `bank`, empty where none is asked for."""
    return parameters_of(request.scope["query_string"]).get("bank", "")


SCORING = (
    Operation(
        "POST",
        "/predict",
        predict,
        "Decide on one applicant",
        "Scoring",
        opens="score",
        body="Applicant",
        answer=Decision,
        parameters=(REASONS, BANK, STATED_CONTRACT),
        problems=(400, 404, 408, 409, 413, 422, 503),
        description="The probability of default, the decision at the threshold, the four strongest reasons.",
    ),
)
