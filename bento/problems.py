"""The one shape of every error: problem details (RFC 9457) with the fields that are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

from credit.faults import Fault

MEDIA_TYPE = "application/problem+json"


class Wrong(BaseModel):
    """A field and the rule it breaks."""

    field: str = Field(examples=["loan_amount"])
    rule: str = Field(examples=["range"])
    message: str = Field(examples=["Loan amount approved must be 1 to 10,000,000"])


class ProblemDetails(BaseModel):
    """Why a request was not answered."""

    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["1 field is wrong"])
    errors: Annotated[list[Wrong], Field(description="of 422: every field that is wrong")] = []


class Problem(Exception):
    """A request that is answered by an error."""

    def __init__(
        self, status: int, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ):
        super().__init__(detail)
        self.status, self.detail, self.faults, self.headers = (status, detail, faults, headers)

    def response(self) -> Response:
        title = "Unprocessable Content" if self.status == 422 else HTTPStatus(self.status).phrase
        content: dict[str, object] = {"title": title, "status": self.status, "detail": self.detail}
        if self.faults:
            content["errors"] = [f.to_dict() for f in self.faults]
        return Response(to_json(content), self.status, self.headers, MEDIA_TYPE)


def unprocessable(faults: Sequence[Fault]) -> Problem:
    """The problem of an applicant that does not fit the contract."""
    wrong = len(faults)
    return Problem(422, f"{wrong} field{' is' if wrong == 1 else 's are'} wrong", faults)
