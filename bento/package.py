"""The package folder: everything that is served, as plain files beside each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bento.shapley.explaining import OWN, Explain, ForestModel, load_scoring
from credit.contract import Contract
from credit.errors import ModelError
from credit.expressions import remember
from credit.manifest import verify_manifest
from credit.models import Model
from credit.scoring import DOCUMENT, Scoring

BANKS = "banks"
DOCUMENTS = (
    "manifest.json",
    "calibration.json",
    "metrics.json",
    "applicants.json",
    "distributions.json",
    "reference.json",
    "shap_global.png",
    "card.md",
)


class ContractName(BaseModel):
    """The contract that a model was trained by."""

    name: str = Field(examples=["sba"])
    version: int = Field(examples=[1])
    fingerprint: str = Field(description="sha256 of the contract's meaning")


class Version(BaseModel):
    """Where a model comes from: the content of `version.json`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    model: str = Field(description="name in the registry", examples=["credit-scorer"])
    version: str = Field(description="version in the registry", examples=["3"])
    alias: str = Field("", description="alias it had when it was packaged", examples=["champion"])
    family: str = Field(description="kind of model", examples=["lightgbm"])
    strategy: str = Field(
        "", description="the strategy by which banks trained it together", examples=["fedavg"]
    )
    run_id: str = Field("", description="MLflow run")
    dagster_run_id: str = Field("", description="Dagster run")
    code_revision: str = Field("", description="git revision of the code that trained it")
    contract: ContractName
    data: dict[str, str] = Field({}, description="bank -> sha256 of the records it trained on")
    threshold: float = Field(
        gt=0, lt=1, description="probability of default from which an applicant is refused"
    )
    created: str = Field("", description="when it was packaged, ISO 8601")


@dataclass(frozen=True)
class GoldenCase:
    """An applicant as JSON has it, and the probability of each class that the pipeline computed."""

    applicant: Mapping[str, Any]
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Seat:
    """A model with its golden applicants: the shared one, or a bank's continuation of it."""

    model: Model
    explain: Explain
    golden: tuple[GoldenCase, ...]
    scoring: Scoring | None = None
    """of a bank's own model; without one it is decided by the shared model's"""


@dataclass(frozen=True)
class Package:
    """A verified package folder, loaded."""

    folder: Path
    contract: Contract
    seat: Seat
    seats: Mapping[str, Seat]
    """banks that continue the shared model, by alias"""
    version: Version
    documents: Mapping[str, bytes]
    """further files by name, held in memory: the folder may be replaced while this package is served"""

    @property
    def library(self) -> str | None:
        """The native library that serving this package needs on a machine of this kind."""
        native = [m.family for m in self._models if not isinstance(m, tuple(OWN.values()))]
        return next((family for family in native if family in OWN), None)

    @property
    def compiled(self) -> str | None:
        """The library that the kernel of this kind of machine stands for."""
        return next((m.family for m in self._models if isinstance(m, ForestModel)), None)

    @property
    def _models(self) -> list[Model]:
        return [s.model for s in (self.seat, *self.seats.values())]

    @property
    def golden(self) -> tuple[GoldenCase, ...]:
        """The golden applicants of the shared model."""
        return self.seat.golden

    def document(self, name: str) -> Any:
        """A JSON document, None where the package has none of that name."""
        content = self.documents.get(name)
        return None if content is None else json.loads(content)


def read_package(folder: Path) -> Package:
    """The package in `folder`.

    Raises ManifestError where a file was changed, ModelError where one is missing or of another contract.
    """
    verify_manifest(folder)
    contract, version = read_contract(folder), _version(folder)
    if contract.fingerprint != version.contract.fingerprint:
        raise ModelError(
            f"{folder}: version.json names another contract than contract.json: package the model again"
        )
    seats = {f.name: _seat(f, contract) for f in sorted((folder / BANKS).glob("*")) if f.is_dir()}
    return Package(folder, contract, _seat(folder, contract), seats, version, _documents(folder))


def _seat(folder: Path, contract: Contract) -> Seat:
    model, explain = load_scoring(folder)
    if set(model.encoding.features) - set(contract.spec.features) or model.classes != contract.classes:
        raise ModelError(f"{folder}: the model reads other features or classes than its contract has")
    cases = _json(folder, "golden.json")
    golden = tuple(GoldenCase(c["applicant"], tuple(c["probabilities"])) for c in cases)
    if not golden:
        raise ModelError(f"{folder}/golden.json holds no applicant to test the model by: package it again")
    return Seat(model, explain, golden, _own_scoring(folder))


def _own_scoring(folder: Path) -> Scoring | None:
    if folder.parent.name != BANKS or not (folder / DOCUMENT).is_file():
        return None
    try:
        return Scoring.from_dict(_json(folder, DOCUMENT))
    except ModelError as error:
        raise ModelError(f"{folder}/{DOCUMENT}: {error}: package the model again") from error


def read_contract(folder: Path) -> Contract:
    """The contract of a package, without a SQL parser. Raises ModelError where it is missing or damaged."""
    remember(_json(folder, "expressions.json"))
    try:
        return Contract.model_validate(_json(folder, "contract.json"))
    except ValidationError as error:
        raise ModelError(f"{folder}/contract.json is damaged ({error.error_count()} faults)") from error


def _documents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in DOCUMENTS if (folder / name).is_file()}


def _version(folder: Path) -> Version:
    try:
        return Version.model_validate(_json(folder, "version.json"))
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
        raise ModelError(f"{folder}/version.json is wrong or incomplete: {fields}") from error


def _json(folder: Path, name: str) -> Any:
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder} holds no readable {name} ({error}): package the model again") from error
