"""The published sample of applicants, scored by the model that serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from bento.explanation import Shap, shap_values
from bento.problems import Problem
from bento.scorer import Scorer

STRONGEST = 4


@dataclass(frozen=True)
class CustomerIds:
    """Every applicant of the sample."""

    customer_ids: Annotated[list[str], Field(examples=[["a1", "a2"]])]


@dataclass(frozen=True)
class CustomerScore:
    """Probability of default against the threshold."""

    probability_pos: Annotated[float, Field(ge=0, le=1)]
    threshold: Annotated[float, Field(ge=0, le=1)]
    decision: Annotated[str, Field(examples=["accepted"])]


@dataclass(frozen=True)
class Metadata:
    timestamp: datetime
    model_version: str


@dataclass(frozen=True)
class CustomerDashboard:
    """Score, strongest features and contributions of one applicant."""

    customer_id: str
    score: CustomerScore
    features: Annotated[dict[str, Any], Field(description="the four strongest features and their values")]
    shap: Shap
    metadata: Metadata


class Customers:
    """The sample that a scorer's package publishes, by identifier."""

    def __init__(self, scorer: Scorer):
        self._scorer = scorer
        self._applicants: dict[str, Any] = scorer.package.document("applicants.json") or {}

    def ids(self) -> CustomerIds:
        return CustomerIds(list(self._applicants))

    def values(self, customer: str) -> Mapping[str, Any]:
        """Raw and derived values of an applicant. Raises Problem 404 for one that is not in the sample."""
        if customer not in self._applicants:
            raise Problem(404, "there is no such customer in the published sample")
        return self._scorer.values(self._applicants[customer])

    def score(self, customer: str) -> CustomerScore:
        self.values(customer)
        decision = self._scorer.score(self._applicants[customer], reasons=False)
        return CustomerScore(decision.pd, decision.threshold, decision.decision)

    def shap(self, customer: str) -> Shap:
        return shap_values(self._scorer.shared, self.values(customer))

    def features(self, customer: str) -> dict[str, Any]:
        """The features that move this applicant's score most, the strongest first, with their values."""
        values, shap = self.values(customer), self.shap(customer)
        order = sorted(range(len(shap.values)), key=lambda i: (-round(abs(shap.values[i]), 7), i))
        return {shap.feature_names[i]: values[shap.feature_names[i]] for i in order[:STRONGEST]}

    def dashboard(self, customer: str) -> CustomerDashboard:
        now = Metadata(datetime.now(UTC), self._scorer.version.version)
        return CustomerDashboard(
            customer, self.score(customer), self.features(customer), self.shap(customer), now
        )

    def column(self, feature: str) -> list[Any]:
        """One feature of every applicant of the sample."""
        return [self._scorer.reader.features(self.values(c))[feature] for c in self._applicants]
