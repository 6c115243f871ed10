"""POST /explain: contributions, and the smallest change that turns the decision."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from bento.body import read_body
from bento.counterfactual import changeable, find_change
from bento.endpoints.predict import BANK, asked_bank
from bento.explanation import EXPLANATION, Explanation, explain
from bento.judge import Judge
from bento.operation import Operation
from bento.parameters import wrong_parameters
from bento.scorer import Scorer
from bento.stated_contract import PARAMETER as STATED_CONTRACT
from bento.stated_contract import check_stated_contract
from credit.errors import DataError
from credit.faults import Fault

CHANGE = {
    "name": "change",
    "in": "query",
    "description": "at most four fields that may change, with commas between; else the amounts of money",
    "schema": {"type": "string", "maxLength": 400},
    "example": "loan_amount,guaranteed_amount",
}


async def explain_one(request: Request) -> Response:
    """Additive contributions of one applicant, and what would turn the decision."""
    state = request.app.state
    scorer = state.served.current()
    check_stated_contract(request, scorer)
    names, judge = request.query_params.get("change"), scorer.judge_of(asked_bank(request))
    body = await read_body(request, state.settings.body_bytes, state.settings.body_seconds)
    applicant = scorer.reader.parse(body)
    explanation = await asyncio.to_thread(
        _explained, scorer, judge, applicant, names.split(",") if names else None
    )
    return Response(EXPLANATION.dump_json(explanation), media_type="application/json")


def _explained(scorer: Scorer, judge: Judge, applicant: BaseModel, names: list[str] | None) -> Explanation:
    try:
        columns = changeable(scorer, names)
    except DataError as error:
        raise wrong_parameters([Fault("change", "book", str(error))]) from None
    return explain(scorer, judge, applicant, find_change(scorer, judge, applicant, columns))


EXPLAINING = (
    Operation(
        "POST",
        "/explain",
        explain_one,
        "Explain the decision on one applicant",
        "Scoring",
        opens="score",
        body="Applicant",
        answer=Explanation,
        parameters=(CHANGE, BANK, STATED_CONTRACT),
        problems=(400, 404, 408, 409, 413, 422, 503),
    ),
)
