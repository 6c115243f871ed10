"""The scorer: a package, loaded and proven, that decides on applicants. Knows nothing of HTTP or BentoML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import BaseModel

from bento.decision import DecidedBy, Decision
from bento.judge import Judge
from bento.metrics import ModelMetrics
from bento.package import GoldenCase, Package, read_package
from credit.applicant import ApplicantReader
from credit.errors import DataError, FedCreditError, ModelError
from credit.scoring import DOCUMENT, Scoring

TOLERANCE = 1e-9


class UnknownBank(DataError):
    """A bank that the package says nothing of."""


class Scorer:
    """Decides on applicants by the model of one package; for a bank by its threshold and its continuation."""

    def __init__(self, package: Package):
        self.package = package
        self.model = package.seat.model
        self.version = package.version
        self.contract = package.contract
        self.reader = ApplicantReader(package.contract)
        self.metrics = ModelMetrics(package.version.version, package.document("reference.json"))
        document = package.document(DOCUMENT)
        self.scoring = (
            Scoring.from_dict(document) if document else Scoring.uncalibrated(package.version.threshold)
        )
        self.banks = frozenset(package.seats) | set(self.scoring.bank_thresholds) | set(self.version.data)
        self.judge = cache(self._judge)
        self.shared = self._judge("")
        self.threshold = self.shared.threshold

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The scorer of the package in `folder`.

        Raises ManifestError or ModelError where the folder is damaged or incomplete, or a golden applicant differs.
        """
        try:
            scorer = cls(read_package(folder))
            scorer.self_test()
        except FedCreditError:
            raise
        # A manifest says that files are as they were written, not that they were written right.
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            raise ModelError(f"{folder} can't be served ({why}): package the model again") from error
        return scorer

    def self_test(self) -> None:
        """Score the golden applicants. Raises ModelError where one differs from the pipeline's result."""
        self._test(self.shared, self.package.golden)
        for bank, seat in self.package.seats.items():
            self._test(self.judge(bank), seat.golden)

    def judge_of(self, bank: str) -> Judge:
        """Who decides for a bank; without a name, for all. Raises UnknownBank."""
        if not bank:
            return self.shared
        if bank not in self.banks:
            raise UnknownBank("the served model knows no bank of this name; GET /model lists them")
        return self.judge(bank)

    def decided_by(self, bank: str) -> DecidedBy:
        """Whose model decides for a bank."""
        return "own" if bank in self.package.seats else "shared"

    def vector(self, values: Mapping[str, Any]) -> np.ndarray:
        """The model matrix of one applicant's values, shape (1, F)."""
        return self.shared.encoder.row(values)

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """SHAP values of the margins, shape (n, K, F + 1); the last column is the base value."""
        return self.shared.explain(X)[1]

    def score(
        self, applicant: BaseModel | Mapping[str, Any], reasons: bool = True, bank: str = ""
    ) -> Decision:
        """The decision on one applicant. Raises ApplicantError naming field and rule of what is wrong."""
        return self.judge_of(bank).decide(self.values(applicant), reasons)

    def score_batch(
        self, applicants: Sequence[BaseModel | Mapping[str, Any]], reasons: bool = True, bank: str = ""
    ) -> list[Decision]:
        """The decisions on many applicants, in their order. Raises ApplicantError at the first wrong one."""
        return self.judge_of(bank).decide_all([self.values(a) for a in applicants], reasons)

    def probability(self, X: np.ndarray) -> np.ndarray:
        """Calibrated probability of default of the rows of X, shape (n,)."""
        return self.shared.probability(X)

    def values(self, applicant: BaseModel | Mapping[str, Any]) -> Mapping[str, Any]:
        """Raw and derived values of an applicant. Raises ApplicantError naming field and rule."""
        checked = applicant if isinstance(applicant, BaseModel) else self.reader.check(applicant)
        return self.reader.values(checked)

    def _judge(self, bank: str) -> Judge:
        seat = self.package.seats.get(bank, self.package.seat)
        scoring = seat.scoring or self.scoring
        return Judge(seat, self.contract, self.version, scoring, bank, self.decided_by(bank))

    def _test(self, judge: Judge, golden: Sequence[GoldenCase]) -> None:
        for case in golden:
            row = judge.encoder.row(self.values(case.applicant))
            found = judge.model.probabilities(row)[0]
            if not np.allclose(found, case.probabilities, rtol=0, atol=TOLERANCE):
                raise ModelError(
                    f"{self.package.folder}: a golden applicant scores {found.tolist()} here and "
                    f"{list(case.probabilities)} where it was packaged: package the model again"
                )
