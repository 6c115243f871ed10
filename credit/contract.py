"""The contract: the one place that says what a data set is and names its columns."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from credit.coherence import check_coherence
from credit.data import Data
from credit.errors import ContractError
from credit.expressions import columns_of
from credit.features import FeatureSpec
from credit.fields import Column, Derived, Role, Strict
from credit.holdout import HOLDOUTS, Holdout
from credit.yamlfile import read_yaml

SHORTEST_FINGERPRINT = 12
SHIPPED = Path(__file__).parent / "contracts"


class Rule(Strict):
    """A condition that every record fulfils; one that does not goes to quarantine with the message."""

    sql: str
    message: str


class Outcome(Strict):
    """What happened to the loan: classes in order; of two, the last is default."""

    column: str
    classes: dict[str, tuple[str, ...]] = Field(description="class -> the texts that mean it")


class TimeSplit(Strict):
    """Train, validation and out-of-time test by inclusive ranges of the time column."""

    by: Literal["time"] = "time"
    train: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        bounds = [*self.train, *self.validation, *self.test]
        if (
            bounds != sorted(bounds)
            or self.train[1] == self.validation[0]
            or self.validation[1] == self.test[0]
        ):
            raise ValueError("the ranges must follow each other and not overlap: train, validation, test")
        return self


class EntitySplit(Strict):
    """Seeded shares of customers (or of records where no customer repeats)."""

    by: Literal["entity", "row"]
    validation: float = Field(0.2, gt=0, lt=0.5)
    test: float = Field(0.2, gt=0, lt=0.5)


class Contract(Strict):
    """All there is to know of a data set: where each column comes from, what it means, what it may be used for."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    title: str
    description: str = ""
    language: Literal["en", "fr"] = "en"
    outcome: Outcome
    columns: tuple[Column, ...]
    derived: tuple[Derived, ...] = ()
    rules: tuple[Rule, ...] = ()
    split: TimeSplit | EntitySplit = Field(discriminator="by")
    data: Data | None = Field(None, exclude=True, description="where the records lie; no part of the meaning")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        check_coherence(self)
        return self

    @cached_property
    def fields(self) -> dict[str, Column | Derived]:
        """Every column and derived column by name."""
        return {f.name: f for f in (*self.columns, *self.derived)}

    @cached_property
    def features(self) -> tuple[Column | Derived, ...]:
        """What models read, in their order."""
        return tuple(f for f in self.fields.values() if f.role is Role.FEATURE)

    @cached_property
    def applicant_columns(self) -> tuple[Column, ...]:
        """The raw columns a lender must know to score an applicant: features and their inputs."""
        needed = {f.name for f in self.features}
        for derived in reversed(self.derived):
            if derived.name in needed:
                needed |= columns_of(derived.sql)
        return tuple(c for c in self.columns if c.name in needed)

    def with_role(self, role: Role) -> tuple[Column | Derived, ...]:
        return tuple(f for f in self.fields.values() if f.role is role)

    def only(self, role: Role) -> Column | Derived | None:
        """The one column of a role that occurs at most once."""
        return next(iter(self.with_role(role)), None)

    @property
    def holdout(self) -> Holdout:
        """What its test is called."""
        return HOLDOUTS[self.split.by]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.outcome.classes)

    @cached_property
    def spec(self) -> FeatureSpec:
        """What the federation and the models need to know."""
        return FeatureSpec(
            features=tuple(f.name for f in self.features),
            levels={f.name: tuple(f.levels) for f in self.features if f.levels},
            logged=tuple(f.name for f in self.features if f.log),
            monotone={f.name: f.monotone for f in self.features if f.monotone},
            classes=self.classes,
            contract=self.fingerprint,
        )

    def is_named(self, stated: str) -> bool:
        """Whether `stated` names this contract: `name/version`, or at least 12 digits of its fingerprint."""
        return stated == f"{self.name}/{self.version}" or (
            len(stated) >= SHORTEST_FINGERPRINT and self.fingerprint.startswith(stated)
        )

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the contract's meaning; comments and layout of the file do not count."""
        text = json.dumps(self.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def load_contract(name_or_path: str | Path) -> Contract:
    """A shipped contract by name (`sba`), or one's own by path (YAML, or the JSON a release carries).

    Raises ContractError where it is missing or wrong, naming the place in the file.
    """
    path = Path(name_or_path)
    if not path.suffix:
        path = SHIPPED / f"{name_or_path}.yaml"
    if not path.is_file():
        shipped = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.yaml")))
        raise ContractError(
            f"there is no contract {str(name_or_path)!r}: give the path of one, or a shipped name: {shipped}"
        )
    try:
        contract = read_yaml(path, Contract, ContractError)
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror}: make it readable, or name another") from error
    if contract.data is None:
        return contract
    return contract.model_copy(update={"data": contract.data.below(path.resolve().parent)})
