"""Why one applicant scores as he does, feature by feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from bento.counterfactual import WhatIf
from bento.decision import DecidedBy, Decision, Share
from bento.judge import Judge
from bento.scorer import Scorer
from credit.reasons import toward_worst


@dataclass(frozen=True, slots=True)
class Shap:
    """Additive contributions: base value plus values is the log odds of default.

    With three or more classes: of the worst class against the mean of all margins.
    """

    base_value: Annotated[float, Field(description="log odds of an average applicant", examples=[-1.4])]
    values: Annotated[list[float], Field(description="what each feature adds, in the order of feature_names")]
    feature_names: list[str]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision on an applicant with everything that went into it."""

    pd: Annotated[Share, Field(examples=[0.184])]
    decision: Annotated[str, Field(examples=["accepted"])]
    threshold: Annotated[Share, Field(examples=[0.2])]
    model_version: Annotated[str, Field(examples=["3"])]
    decided_by: Annotated[
        DecidedBy,
        Field(description="whose model decided, and is explained: the shared one, or the bank's own"),
    ]
    shap: Shap
    features: Annotated[
        dict[str, Any], Field(description="the features as the model read them, null: not known")
    ]
    what_if: Annotated[
        WhatIf | None, Field(description="the smallest change found that turns the decision")
    ] = None
    bank: Annotated[str | None, Field(description="the bank as which it was decided")] = None


EXPLANATION = TypeAdapter(Explanation)


def shap_values(judge: Judge, values: Mapping[str, Any]) -> Shap:
    """The contributions to the score of an applicant with these raw and derived values."""
    contributions = judge.explain(judge.encoder.row(values))[1][0]
    base = contributions[-1, -1] - (contributions[:, -1].mean() if len(contributions) > 1 else 0.0)
    return Shap(float(base), toward_worst(contributions).tolist(), list(judge.model.encoding.features))


def explain(scorer: Scorer, judge: Judge, applicant: BaseModel, what_if: WhatIf | None) -> Explanation:
    """The explanation of the decision of `judge` on `applicant`."""
    values = scorer.values(applicant)
    decision: Decision = judge.decide(values, reasons=False)
    return Explanation(
        decision.pd,
        decision.decision,
        decision.threshold,
        decision.model_version,
        decision.decided_by,
        shap_values(judge, values),
        scorer.reader.features(values),
        what_if,
        decision.bank,
    )
