"""The scorer: a package, loaded and proven, that decides on applicants. Knows nothing of HTTP or BentoML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel

from bento.decision import Decision
from bento.metrics import ModelMetrics
from bento.package import Package, read_package
from credit.applicant import ApplicantReader
from credit.errors import ModelError
from credit.reasons import Reason, ReasonWriter

TOLERANCE = 1e-9


class Scorer:
    """Decides on applicants by the model of one package."""

    def __init__(self, package: Package):
        self.package = package
        self.model = package.model
        self.version = package.version
        self.contract = package.contract
        self.reader = ApplicantReader(package.contract)
        self.metrics = ModelMetrics(package.version.version, package.document("reference.json"))
        self._write_reasons = ReasonWriter(package.contract, self.model.encoding.features)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The scorer of the package in `folder`.

        Raises ManifestError or ModelError where the folder is damaged or a golden applicant differs.
        """
        scorer = cls(read_package(folder))
        scorer.self_test()
        return scorer

    def self_test(self) -> None:
        """Score the golden applicants. Raises ModelError where one differs from the pipeline's result."""
        for case in self.package.golden:
            found = self.model.probabilities(
                self.vector(self.reader.values(self.reader.check(case.applicant)))
            )[0]
            if not np.allclose(found, case.probabilities, rtol=0, atol=TOLERANCE):
                raise ModelError(
                    f"{self.package.folder}: a golden applicant scores {found.tolist()} here and "
                    f"{list(case.probabilities)} where it was packaged: package the model again"
                )

    def vector(self, values: Mapping[str, Any]) -> np.ndarray:
        """The model matrix of one applicant's values, shape (1, F)."""
        return self.model.encoding.vector(self.reader.features(values))[None, :]

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """SHAP values of the margins, shape (n, K, F + 1); the last column is the base value."""
        return self.model.contributions(X)

    def score(self, applicant: BaseModel | Mapping[str, Any], reasons: bool = True) -> Decision:
        """The decision on one applicant. Raises ApplicantError naming field and rule of what is wrong."""
        values = self.values(applicant)
        X = self.vector(values)
        probabilities = self.model.probabilities(X)[0]
        return self._decision(probabilities, self._reasons(X, values) if reasons else ())

    def score_batch(
        self, applicants: Sequence[BaseModel | Mapping[str, Any]], reasons: bool = True
    ) -> list[Decision]:
        """The decisions on many applicants, in their order. Raises ApplicantError at the first wrong one."""
        return self.decide([self.values(a) for a in applicants], reasons)

    def decide(self, values: Sequence[Mapping[str, Any]], reasons: bool = True) -> list[Decision]:
        """The decisions on applicants whose `values` were read."""
        if not values:
            return []
        X = np.concatenate([self.vector(v) for v in values])
        told: list[tuple[Reason, ...]] = [()] * len(values)
        if reasons:
            told = [self._write_reasons(c, v) for c, v in zip(self.contributions(X), values, strict=True)]
        return [self._decision(p, r) for p, r in zip(self.model.probabilities(X), told, strict=True)]

    def values(self, applicant: BaseModel | Mapping[str, Any]) -> dict[str, Any]:
        """Raw and derived values of an applicant. Raises ApplicantError naming field and rule."""
        checked = applicant if isinstance(applicant, BaseModel) else self.reader.check(applicant)
        return self.reader.values(checked)

    def _reasons(self, X: np.ndarray, values: Mapping[str, Any]) -> tuple[Reason, ...]:
        return self._write_reasons(self.contributions(X)[0], values)

    def _decision(self, probabilities: np.ndarray, reasons: tuple[Reason, ...]) -> Decision:
        shares = probabilities.tolist()
        pd, version = shares[-1], self.version
        verdict: Literal["accepted", "refused"] = "refused" if pd >= version.threshold else "accepted"
        head = (pd, verdict, version.threshold, reasons, version.model, version.version)
        contract = (version.contract.name, version.contract.version)
        if len(shares) == 2:
            return Decision(*head, *contract)
        best = max(shares)
        classes = self.model.classes
        return Decision(
            *head, *contract, classes[shares.index(best)], best, dict(zip(classes, shares, strict=True))
        )
