"""The consortium: which banks train what together, read from `consortium.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from credit.errors import FederationError
from credit.model_name import ModelName
from credit.partitioning import Partition
from credit.policy import Policy
from credit.yamlfile import read_yaml

if TYPE_CHECKING:
    from federated.privacy.masking import MaskingTerms

SLUG = r"^[a-z0-9][a-z0-9_-]*$"
Family = Annotated[str, Field(pattern="^(logistic|lightgbm|catboost)$")]


class Bank(BaseModel):
    """A bank: its name as the records give it, and a short alias for partitions and paths."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    alias: str = Field(pattern=SLUG)


class Consortium(BaseModel):
    """The banks and the terms of their common training.

    `records_per_bank` caps each bank's records (None: all of them); `quorum` is the share of banks that
    must answer every round; training ends `patience` rounds after the lowest validation loss (None: never).
    A family that `strategy` does not serve takes the nearest one that does. `leaf_refit`
    takes `trees_per_exchange` trees from one exchange of sums (None: all of a round's, which spares links).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    dataset: str
    model: ModelName = "credit-scorer"
    seed: int = 0
    banks: list[Bank] = Field(min_length=1)
    records_per_bank: int | None = Field(default=None, ge=1)
    families: list[Family] = Field(min_length=1)
    rounds: int = Field(ge=1)
    patience: int | None = Field(default=None, ge=1)
    strategy: str = Field(default="histogram", pattern="^(fedavg|leaf_refit|histogram)$")
    trees_per_exchange: int | None = Field(default=None, ge=1)
    quorum: float = Field(default=1.0, gt=0, le=1)
    secure_aggregation: bool = False
    min_banks: int = Field(default=3, ge=2)
    noise_multiplier: float | None = Field(default=None, gt=0)
    partition: Partition | None = Field(default=None, description="banks for records that name none")
    policy: Policy = Policy()

    @model_validator(mode="after")
    def _distinct(self) -> Consortium:
        for what in ("name", "alias"):
            values = [getattr(bank, what) for bank in self.banks]
            twice = sorted({v for v in values if values.count(v) > 1})
            if twice:
                raise ValueError(f"banks share the {what} {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _noise_is_masked(self) -> Consortium:
        if self.noise_multiplier and not self.secure_aggregation:
            raise ValueError("noise_multiplier needs secure_aggregation: true")
        return self

    @model_validator(mode="after")
    def _thresholds_need_own_sums(self) -> Consortium:
        if self.secure_aggregation and self.policy.cost.by_bank:
            raise ValueError("policy.cost.by_bank needs each bank's own sums: set secure_aggregation: false")
        return self

    @property
    def masking(self) -> MaskingTerms | None:
        """The terms of masked sums, None where sums travel in clear."""
        from federated.privacy.masking import masking_terms

        return masking_terms(self.secure_aggregation, self.min_banks, self.noise_multiplier)

    def bank(self, alias: str) -> Bank:
        """The bank of this alias. Raises FederationError where there is none."""
        for bank in self.banks:
            if bank.alias == alias:
                return bank
        raise FederationError(
            f"no bank {alias!r} in consortium {self.name!r}; it has {len(self.banks)} banks"
        )


def load_consortium(path: Path) -> Consortium:
    """The consortium of the YAML file at `path`.

    Raises FederationError naming file, line and key where it is missing, is no YAML or breaks a rule.
    """
    try:
        return read_yaml(path, Consortium, FederationError)
    except OSError as error:
        raise FederationError(f"{path}: {error.strerror}: write a consortium.yaml or name another") from error
