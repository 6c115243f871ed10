"""The contract: the one place that says what a data set is and names its columns."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from credit.data import Data
from credit.errors import ContractError
from credit.expressions import Expression, columns_of
from credit.features import OUTCOME, FeatureSpec

SHORTEST_FINGERPRINT = 12
SHIPPED = Path(__file__).parent / "contracts"


class Role(StrEnum):
    """What a column is for. Only `feature` reaches a model."""

    FEATURE = "feature"
    INPUT = "input"
    """read by derived columns and rules, not a feature itself"""
    TARGET = "target"
    BANK = "bank"
    ENTITY = "entity"
    """the customer: all records of one stay in one part"""
    TIME = "time"
    SENSITIVE = "sensitive"
    """used for fairness, never by a model"""
    LEAK = "leak"
    """known only after the decision"""
    IDENTITY = "identity"
    """says who the applicant is"""


BARRED = {Role.LEAK, Role.IDENTITY, Role.SENSITIVE, Role.TARGET, Role.BANK, Role.ENTITY, Role.TIME}
Range = tuple[float | None, float | None]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_labels(levels: Any) -> Any:
    """A plain list of levels labels each with itself."""
    return {str(level): str(level) for level in levels} if isinstance(levels, list) else levels


class ContractField(_Strict):
    """What raw and derived columns have in common."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="name in this project")
    role: Role = Role.FEATURE
    label: str = Field("", description="name for people, used on every page and plot")
    unit: str = ""
    levels: Annotated[dict[str, str] | None, BeforeValidator(_as_labels)] = Field(
        None, description="a category's book: level -> label"
    )
    range: Range | None = Field(None, description="a value outside sends the record to quarantine")
    clip: Range | None = Field(None, description="a value outside is winsorised to this limit")
    monotone: Literal[-1, 0, 1] = Field(0, description="+1: a higher value may only raise the risk")
    reason_group: str = Field("", description="features told as one reason, by the name of their group")
    log: bool = Field(False, description="an amount that linear models take on a log scale")
    example: float | str | None = Field(None, description="a plausible value, shown on forms and API pages")

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ").capitalize()


class Column(ContractField):
    """A column of the source file and how its text is read."""

    source: str = Field(description="name in the source file")
    parse: Literal["number", "money", "year", "date", "duration", "items", "category", "text"] = Field(
        "text",
        description="duration: `2 Years and 1 Months` in months; items: how many different ones a list has",
    )
    format: str = Field("%Y-%m-%d", description="of a date, as strftime has it")
    pivot: int = Field(2030, description="of two-digit years: a later date belongs to the century before")
    strip: str = Field("", description="characters removed before a number is read")
    missing: tuple[str, ...] = Field((), description="texts that mean: not known")
    aliases: dict[str, str] = Field({}, description="text -> level, applied before the book is checked")
    unknown: Literal["quarantine", "missing"] = Field("quarantine", description="a text outside the book")
    outside: Literal["quarantine", "missing"] = Field("quarantine", description="a number outside the range")
    required: bool = Field(False, description="a missing value sends the record to quarantine")
    unique: bool = Field(False, description="of several records with one value the first is kept")


class Derived(ContractField):
    """A column computed from others by a SQL expression (the subset polars and the service share)."""

    sql: str

    @cached_property
    def expression(self) -> Expression:
        return Expression.parse(self.sql)


class Rule(_Strict):
    """A condition that every record fulfils; one that does not goes to quarantine with the message."""

    sql: str
    message: str


class Outcome(_Strict):
    """What happened to the loan: classes in order; of two, the last is default."""

    column: str
    classes: dict[str, tuple[str, ...]] = Field(description="class -> the texts that mean it")


class TimeSplit(_Strict):
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


class EntitySplit(_Strict):
    """Seeded shares of customers (or of records where no customer repeats)."""

    by: Literal["entity", "row"]
    validation: float = Field(0.2, gt=0, lt=0.5)
    test: float = Field(0.2, gt=0, lt=0.5)


class Contract(_Strict):
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
        _check_names(self)
        _check_roles(self)
        _check_expressions(self)
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
        contract = Contract.model_validate(yaml.load(path.read_text(), Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise ContractError(f"{path} is not valid YAML: {error}") from error
    except ValidationError as error:
        raise ContractError(f"{path}:\n" + "\n".join(_places(error))) from error
    if contract.data is None:
        return contract
    return contract.model_copy(update={"data": contract.data.below(path.resolve().parent)})


def _places(error: ValidationError) -> list[str]:
    return [f"  {'.'.join(map(str, e['loc'])) or 'contract'}: {e['msg']}" for e in error.errors()]


def _check_names(contract: Contract) -> None:
    names = [f.name for f in (*contract.columns, *contract.derived)]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"named twice: {', '.join(twice)}")
    if OUTCOME in names:
        raise ValueError(f"the name {OUTCOME!r} is taken by the outcome class: rename the column")


def _check_roles(contract: Contract) -> None:
    for role in (Role.TARGET, Role.BANK, Role.ENTITY, Role.TIME):
        if len(contract.with_role(role)) > 1:
            raise ValueError(f"more than one column has the role {role}")
    target = contract.only(Role.TARGET)
    if target is None or target.name != contract.outcome.column:
        raise ValueError(
            f"outcome.column {contract.outcome.column!r} must be the column with the role target"
        )
    if len(contract.classes) < 2:
        raise ValueError("outcome.classes needs at least two classes")
    if not contract.features:
        raise ValueError("no column has the role feature")
    if contract.split.by == "time" and contract.only(Role.TIME) is None:
        raise ValueError("split by time needs a column with the role time")
    if contract.split.by == "entity" and contract.only(Role.ENTITY) is None:
        raise ValueError("split by entity needs a column with the role entity")
    if contract.split.by == "row" and contract.only(Role.ENTITY) is not None:
        raise ValueError(
            "split by row leaks: records of one customer would stand in train and test alike; split by entity"
        )
    for field in contract.features:
        if isinstance(field, Column) and field.parse in ("text", "date"):
            raise ValueError(
                f"feature {field.name} is read as {field.parse}: derive a number or a category from it"
            )
        if isinstance(field, Column) and (field.parse == "category") != (field.levels is not None):
            raise ValueError(f"{field.name}: a category has levels, and only a category has")


def _check_expressions(contract: Contract) -> None:
    known = {c.name: c.role for c in contract.columns}
    for derived in contract.derived:
        read = columns_of(derived.sql)
        if missing := read - set(known):
            raise ValueError(
                f"derived {derived.name} reads {', '.join(sorted(missing))}, which is no column above it"
            )
        barred = sorted(c for c in read if known[c] in BARRED)
        if barred and derived.role in (Role.FEATURE, Role.INPUT):
            raise ValueError(
                f"derived {derived.name} reads {', '.join(barred)} ({known[barred[0]]}): it can't be a feature"
            )
        known[derived.name] = derived.role
    for rule in contract.rules:
        if missing := columns_of(rule.sql) - set(known):
            raise ValueError(f"rule {rule.message!r} reads {', '.join(sorted(missing))}, which is no column")
