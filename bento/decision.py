"""What the service answers about one applicant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from credit.reasons import Reason

Share = Annotated[float, Field(ge=0, le=1)]
DecidedBy = Literal["shared", "own"]
"""whose model decided: that of all banks, or the bank's own"""


@dataclass(slots=True)
class Decision:
    """The estimated risk of one applicant, the decision at the threshold, and the reasons against."""

    pd: Annotated[
        Share, Field(description="calibrated probability of default (of the worst class)", examples=[0.184])
    ]
    decision: Annotated[
        Literal["accepted", "refused"],
        Field(description="refused where the probability reaches the threshold"),
    ]
    threshold: Annotated[Share, Field(examples=[0.2])]
    reasons: Annotated[
        tuple[Reason, ...], Field(description="what raised the risk most, the strongest first")
    ]
    points: Annotated[float, Field(description="the score; the more, the safer", examples=[642.5])]
    band: Annotated[str, Field(description="the band of the score", examples=["medium risk"])]
    model: Annotated[str, Field(examples=["credit-scorer"])]
    model_version: Annotated[str, Field(examples=["3"])]
    contract: Annotated[str, Field(examples=["sba"])]
    contract_version: Annotated[int, Field(examples=[1])]
    contract_fingerprint: Annotated[str, Field(description="sha256 of the contract's meaning")]
    decided_by: Annotated[
        DecidedBy,
        Field(
            description="whose model decided: the one that all banks share, or the bank's own continuation of it"
        ),
    ]
    outcome: Annotated[str | None, Field(description="of three or more classes: the most probable")] = None
    confidence: Annotated[Share | None, Field(description="probability of that class")] = None
    probabilities: Annotated[
        dict[str, float] | None,
        Field(description="probability of each class before calibration; `pd` is the worst one's after it"),
    ] = None
    bank: Annotated[str | None, Field(description="the bank as which it was decided")] = None
    not_known: Annotated[
        tuple[str, ...],
        Field(
            description="fields that counted as not known: left out, null, or a text that the contract takes for it",
            examples=[["state"]],
        ),
    ] = ()


_ADAPTER = TypeAdapter(Decision)


def to_json(decision: Decision) -> bytes:
    """The decision as the service sends it; what does not apply is left out."""
    return _ADAPTER.serializer.to_json(decision, exclude_none=True)
