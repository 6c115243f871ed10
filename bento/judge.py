"""One model with its calibration and threshold: turns applicants' values into decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from bento.decision import DecidedBy, Decision
from bento.package import Seat, Version
from credit.contract import Contract
from credit.models import class_probabilities
from credit.reasons import Reason, ReasonWriter, toward_worst
from credit.row_encoder import RowEncoder
from credit.scoring import Scoring
from credit.single_score import SingleScore, risk_of

Values = Mapping[str, Any]


class Judge:
    """Decides by the model of a `seat`: of all banks together, or of the `bank` that asked."""

    def __init__(
        self,
        seat: Seat,
        contract: Contract,
        version: Version,
        scoring: Scoring,
        bank: str = "",
        decided_by: DecidedBy = "shared",
    ):
        self.model, self.explain, self.scoring = seat.model, seat.explain, scoring
        self.threshold = scoring.threshold_of(bank)
        self.encoder = RowEncoder(contract, seat.model.encoding)
        self._write_reasons = ReasonWriter(contract, seat.model.encoding.features)
        self._score = SingleScore(scoring)
        self._bands = [(b.low, b.name) for b in reversed(scoring.scale.policy.bands)]
        self.decided_by: DecidedBy = decided_by
        terms = version.contract
        names = (version.model, version.version, terms.name, terms.version, terms.fingerprint)
        self._origin = (*names, decided_by)
        self._bank = bank or None
        self._asked = [c.name for c in contract.applicant_columns]

    def decide(self, values: Values, reasons: bool = True) -> Decision:
        """The decision on an applicant with these raw and derived values."""
        x = self.encoder.row(values)
        not_known = self.not_known(values)
        if not reasons:
            return self._decision(self.model.margin(x)[0].tolist(), (), not_known)
        margins, contributions = self.explain(x)
        return self._decision(margins[0].tolist(), self._reasons(contributions[0], values), not_known)

    def decide_all(self, rows: Sequence[Values], reasons: bool = True) -> list[Decision]:
        """The decisions on many applicants, in their order; the model sees them as one matrix."""
        X, not_known = self.encoder.matrix(rows), list(map(self.not_known, rows))
        return self.explain_matrix(X, not_known, rows) if reasons else self.decide_matrix(X, not_known)

    def explain_matrix(
        self, X: np.ndarray, not_known: Sequence[tuple[str, ...]], rows: Sequence[Values]
    ) -> list[Decision]:
        """The decisions on the rows of the model matrix with the reasons that their values make."""
        if not len(X):
            return []
        margins, contributions = self.explain(X)
        told = [self._reasons(c, v) for c, v in zip(contributions, rows, strict=True)]
        return list(map(self._decision, margins.tolist(), told, not_known))

    def decide_matrix(self, X: np.ndarray, not_known: Sequence[tuple[str, ...]]) -> list[Decision]:
        """The decisions on the rows of the model matrix, without reasons; of each the fields that are not known."""
        if not len(X):
            return []
        margins = self.model.margin(X)
        if margins.shape[1] > 1:
            return [self._decision(m, (), n) for m, n in zip(margins.tolist(), not_known, strict=True)]
        return self._plain(self.scoring.probability(margins), self.scoring.points(margins), not_known)

    def probability(self, X: np.ndarray) -> np.ndarray:
        """Calibrated probability of default of the rows of X, shape (n,)."""
        return self.scoring.probability(self.model.margin(X))

    def not_known(self, values: Values) -> tuple[str, ...]:
        """The fields of an applicant that counted as not known."""
        return tuple([name for name in self._asked if values[name] is None])

    def _plain(
        self, pds: np.ndarray, points: np.ndarray, not_known: Sequence[tuple[str, ...]]
    ) -> list[Decision]:
        lows, names = zip(*reversed(self._bands), strict=True)
        bands = (np.searchsorted(lows, points, "right") - 1).tolist()
        threshold, tail, bank = self.threshold, self._origin, self._bank
        return [
            Decision(
                pd, "refused" if pd >= threshold else "accepted", threshold, (), score, names[band], *tail,
                bank=bank, not_known=unknown,
            )
            for pd, score, band, unknown in zip(pds.tolist(), points.tolist(), bands, not_known, strict=True)
        ]  # fmt: skip

    def _reasons(self, contributions: np.ndarray, values: Values) -> tuple[Reason, ...]:
        raised = toward_worst(contributions).tolist()
        reference = risk_of(contributions[:, -1].tolist())
        return self._write_reasons(raised, values, self._score.rate(reference, reference + sum(raised)))

    def _decision(
        self, margins: list[float], reasons: tuple[Reason, ...], not_known: tuple[str, ...]
    ) -> Decision:
        pd, points = self._score.probability(margins), self._score.points(risk_of(margins))
        verdict: Literal["accepted", "refused"] = "refused" if pd >= self.threshold else "accepted"
        band = next(name for low, name in self._bands if points >= low)
        decision = Decision(
            pd, verdict, self.threshold, reasons, points, band, *self._origin, bank=self._bank,
            not_known=not_known,
        )  # fmt: skip
        return decision if len(margins) == 1 else self._with_classes(decision, margins)

    def _with_classes(self, decision: Decision, margins: list[float]) -> Decision:
        shares = class_probabilities(np.array([margins]))[0].tolist()
        decision.confidence = max(shares)
        decision.outcome = self.model.classes[shares.index(decision.confidence)]
        decision.probabilities = dict(zip(self.model.classes, shares, strict=True))
        return decision
