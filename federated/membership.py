"""A bank's own side of a federation, read from its `bank.yaml`: records, key, coordinator, what it allows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from credit.errors import FederationError
from credit.yamlfile import read_yaml

if TYPE_CHECKING:
    from federated.privacy.masking import MaskingTerms

FILE = "bank.yaml"
_HINTS = {"string_pattern_mismatch": "give host:port", "string_too_short": "give a name"}


class Membership(BaseModel):
    """What a site engineer sets.

    `records` is a CSV or Parquet of the contract's source columns, or a folder with train.parquet,
    validation.parquet and test.parquet as the pipeline prepares them. `most_records` caps each part.
    SuperNode and agent meet at `agent_port` of 127.0.0.1, without it at a port that is free.
    With `secure_aggregation` the bank gives figures to masked sums of `min_banks` banks only, and adds its
    share of the noise that `noise_multiplier` asks for: what it insists on, whatever the coordinator asks.
    `allowed_bundles` are sha256 sums of app bundles beside that of the installed code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    contract: str
    records: Path
    seed: int = 0
    most_records: int | None = Field(default=None, ge=1)
    coordinator: str = Field(pattern=r"^[^/\s]+:\d+$")
    certificate: Path = Path("ca.crt")
    key: Path = Path("bank")
    agent_port: int | None = Field(default=None, ge=1, le=65535)
    secure_aggregation: bool = False
    min_banks: int = Field(default=3, ge=2)
    noise_multiplier: float | None = Field(default=None, gt=0)
    allowed_bundles: tuple[str, ...] = ()


def membership(**fields: object) -> Membership:
    """A membership of these fields. Raises FederationError naming those that are wrong."""
    try:
        return Membership.model_validate(fields)
    except ValidationError as error:
        told = (f"{e['loc'][0]} {e['input']!r}: {_HINTS.get(e['type'], e['msg'])}" for e in error.errors())
        raise FederationError(f"no bank can be so: {'; '.join(told)}") from error


def key_name(bank: str) -> str:
    """The name under which the coordinator registers the key of `bank`: lower case, joined by hyphens."""
    return "-".join(re.findall(r"\w+", bank.lower()))


def masking_of(bank: Membership) -> MaskingTerms | None:
    """What the bank insists on in sums."""
    from federated.privacy.masking import masking_terms

    return masking_terms(bank.secure_aggregation, bank.min_banks, bank.noise_multiplier)


def load_membership(folder: Path) -> Membership:
    """The membership of `folder`, its relative paths taken from there.

    Raises FederationError naming the file and what is wrong in it.
    """
    path = folder / FILE
    try:
        membership = read_yaml(path, Membership, FederationError)
    except OSError as error:
        raise FederationError(f"{path}: {error.strerror}: make it by `fedcredit bank init`") from error
    here = {f: (folder / getattr(membership, f)).resolve() for f in ("records", "certificate", "key")}
    return membership.model_copy(update=here)


def save_membership(folder: Path, membership: Membership) -> None:
    """Write `membership` as `bank.yaml`. Raises FederationError where there is one already."""
    path = folder / FILE
    if path.exists():
        raise FederationError(f"{path} exists already: edit it, or move it away to begin again")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(membership.model_dump(mode="json"), sort_keys=False, allow_unicode=True))
