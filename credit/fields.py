"""The columns of a contract: where each comes from, how it is read, what it means and what it may be used for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from credit.expressions import Expression


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


FIRST_YEAR = 1000
"""of a date: what is read as an earlier one has lost digits"""
BARRED = {Role.LEAK, Role.IDENTITY, Role.SENSITIVE, Role.TARGET, Role.BANK, Role.ENTITY, Role.TIME}


class Strict(BaseModel):
    """A part of a contract: nothing unknown in it, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy that computes its cached properties anew: those of the original tell what the update replaced."""
        copied = super().model_copy(update=update, deep=deep)
        for name in set(vars(copied)) - set(type(self).model_fields):
            vars(copied).pop(name)
        return copied


def _as_labels(levels: Any) -> Any:
    """A plain list of levels labels each with itself; `yes` without quotes is no text but a truth in YAML."""
    if not isinstance(levels, list):
        return levels
    if any(isinstance(level, bool) for level in levels):
        raise ValueError("yes, no, true and false are texts only in quotes: put quotes around them")
    return {str(level): str(level) for level in levels}


def _in_order(limits: tuple[float | None, float | None]) -> tuple[float | None, float | None]:
    low, high = limits
    if low is not None and high is not None and low > high:
        raise ValueError(f"the lower limit {low:g} is above the upper one {high:g}")
    return limits


Range = Annotated[tuple[float | None, float | None], AfterValidator(_in_order)]


class ContractField(Strict):
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
    decimal: Literal[".", ","] = Field(
        ".", description="parts a number's fraction; the other groups thousands"
    )
    missing: tuple[str, ...] = Field((), description="texts that mean: not known")
    aliases: dict[str, str] = Field({}, description="text -> level, applied before the book is checked")
    unknown: Literal["quarantine", "missing"] = Field("quarantine", description="a text outside the book")
    outside: Literal["quarantine", "missing"] = Field("quarantine", description="a number outside the range")
    required: bool = Field(False, description="a missing value sends the record to quarantine")
    unique: bool = Field(False, description="of several records with one value the first is kept")

    @model_validator(mode="after")
    def _bounds_a_number(self) -> Self:
        if self.parse in ("category", "text", "date") and (
            self.range or self.clip or self.outside == "missing"
        ):
            raise ValueError(
                f"{self.name} is read as {self.parse}: `range`, `clip` and `outside` are of numbers"
            )
        return self


class Derived(ContractField):
    """A column computed from others by a SQL expression (the subset polars and the service share)."""

    sql: str

    @cached_property
    def expression(self) -> Expression:
        return Expression.parse(self.sql)
