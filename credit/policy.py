"""The consortium's credit policy: how scores are scaled, what errors cost, and what a model must reach."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Band(_Strict):
    """A class of scores: from `low` points up to the next band."""

    name: str
    low: float


DEFAULT_BANDS = (
    Band(name="very high risk", low=300),
    Band(name="high risk", low=450),
    Band(name="medium risk", low=550),
    Band(name="low risk", low=650),
    Band(name="very low risk", low=750),
)


class ScorePolicy(_Strict):
    """Points by points-to-double-odds: `base_score` at `base_odds` good loans to one default (Siddiqi 2006)."""

    base_score: float = 600
    base_odds: float = Field(default=10, gt=0, description="good loans to one default at the base score")
    points_to_double_odds: float = Field(default=50, gt=0)
    low: float = 300
    high: float = 850
    bands: tuple[Band, ...] = Field(default=DEFAULT_BANDS, min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        lows = [b.low for b in self.bands]
        if self.low >= self.high or lows != sorted(lows) or lows[0] > self.low:
            raise ValueError("low < high, and bands must rise from the lowest score on")
        return self


class CostPolicy(_Strict):
    """What a wrong decision costs, in any one unit; only the ratio matters."""

    missed_default: float = Field(default=10, gt=0, description="an accepted loan that defaults")
    refused_good: float = Field(default=1, gt=0, description="a refused applicant who would have paid")
    by_bank: bool = Field(
        default=False, description="each bank with enough defaults has a threshold of its own"
    )
    fewest_defaults: int = Field(
        default=50, ge=1, description="defaults a bank needs for a threshold of its own"
    )


class GatePolicy(_Strict):
    """Limits of the promotion gate."""

    largest_gap: float = Field(default=0.15, description="train-test gap: train AUC less test AUC")
    largest_calibration_error: float = Field(default=0.02, description="on validation records")
    champion_harm_blocks: bool = Field(
        default=True, description="whether a bank that the champion serves better blocks the promotion"
    )
    local_harm_blocks: bool = Field(
        default=False, description="whether a bank that would do better alone blocks the promotion"
    )


class FairnessPolicy(_Strict):
    """Limits between the groups of a sensitive column, and between banks."""

    smallest_impact_ratio: float = Field(
        default=0.8, description="lowest approval rate over highest: the four-fifths rule"
    )
    largest_rate_gap: float = Field(default=0.2, description="of true or false approval rates")
    fewest_records: int = Field(default=100, ge=1, description="groups below are shown, not judged")
    blocks: bool = Field(
        default=True, description="whether a sensitive group below the limits blocks the promotion"
    )
    banks_block: bool = False


class StabilityPolicy(_Strict):
    """Limits of the population stability index; 0.25 is the usual sign of a shifted population (Siddiqi 2006)."""

    largest_psi: float = 0.25
    banks_block: bool = False
    drifted_share: float = Field(default=0.25, description="share of banks whose drift starts a retraining")
    largest_auc_drop: float = Field(default=0.05, description="of the AUC estimated without labels")


class Policy(_Strict):
    """All limits and prices of the consortium, in one place: the section `policy` of its file."""

    score: ScorePolicy = ScorePolicy()
    cost: CostPolicy = CostPolicy()
    gate: GatePolicy = GatePolicy()
    fairness: FairnessPolicy = FairnessPolicy()
    stability: StabilityPolicy = StabilityPolicy()
