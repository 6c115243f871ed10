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
from credit.models import class_probabilities
from credit.reasons import Reason, ReasonWriter
from credit.scoring import DOCUMENT, Scoring

TOLERANCE = 1e-9


class Scorer:
    """Decides on applicants by the model of one package, by the threshold of `bank` where it has its own."""

    def __init__(self, package: Package, bank: str = ""):
        self.package = package
        self.model = package.model
        self.version = package.version
        self.contract = package.contract
        self.reader = ApplicantReader(package.contract)
        self.metrics = ModelMetrics(package.version.version, package.document("reference.json"))
        document = package.document(DOCUMENT)
        self.scoring = (
            Scoring.from_dict(document) if document else Scoring.uncalibrated(package.version.threshold)
        )
        self.threshold = self.scoring.threshold_of(bank)
        self._write_reasons = ReasonWriter(package.contract, self.model.encoding.features)

    @classmethod
    def load(cls, folder: Path, bank: str = "") -> Self:
        """The scorer of the package in `folder`.

        Raises ManifestError or ModelError where the folder is damaged or a golden applicant differs.
        """
        scorer = cls(read_package(folder), bank)
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
        return self.package.explain(X)[1]

    def score(self, applicant: BaseModel | Mapping[str, Any], reasons: bool = True) -> Decision:
        """The decision on one applicant. Raises ApplicantError naming field and rule of what is wrong."""
        return self.decide([self.values(applicant)], reasons)[0]

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
            margins, contributions = self.package.explain(X)
            told = self._reasons(contributions, values)
        else:
            margins = self.model.margin(X)
        pds, points = self.scoring.probability(margins).tolist(), self.scoring.points(margins).tolist()
        return [self._decision(*made) for made in zip(pds, points, margins, told, strict=True)]

    def probability(self, X: np.ndarray) -> np.ndarray:
        """Calibrated probability of default of the rows of X, shape (n,)."""
        return self.scoring.probability(self.model.margin(X))

    def values(self, applicant: BaseModel | Mapping[str, Any]) -> dict[str, Any]:
        """Raw and derived values of an applicant. Raises ApplicantError naming field and rule."""
        checked = applicant if isinstance(applicant, BaseModel) else self.reader.check(applicant)
        return self.reader.values(checked)

    def _reasons(
        self, contributions: np.ndarray, values: Sequence[Mapping[str, Any]]
    ) -> list[tuple[Reason, ...]]:
        worth, _ = self.scoring.worth(contributions)
        return [self._write_reasons(*of) for of in zip(contributions, values, worth, strict=True)]

    def _decision(
        self, pd: float, points: float, margins: np.ndarray, reasons: tuple[Reason, ...]
    ) -> Decision:
        version, band = self.version, self.scoring.scale.band(points)
        verdict: Literal["accepted", "refused"] = "refused" if pd >= self.threshold else "accepted"
        head = (pd, verdict, self.threshold, reasons, points, band, version.model, version.version)
        contract = (version.contract.name, version.contract.version)
        if len(margins) == 1:
            return Decision(*head, *contract)
        shares = class_probabilities(margins[None, :])[0].tolist()
        best = max(shares)
        classes = self.model.classes
        return Decision(
            *head, *contract, classes[shares.index(best)], best, dict(zip(classes, shares, strict=True))
        )
