"""Writes package folders, and builds Bentos from them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bento.package import BANKS, GoldenCase, Version, read_package
from bento.shapley.explaining import save_explainer
from credit.applicant import ApplicantReader
from credit.contract import Contract
from credit.encoding import Encoding
from credit.errors import ModelError
from credit.expressions import Expression
from credit.files import whole_folder
from credit.manifest import write_manifest
from credit.models import Model, read_head
from credit.row_encoder import RowEncoder
from credit.scoring import DOCUMENT, Scoring

ALIAS = re.compile(r"\w[\w .&-]{0,79}")


def write_package(
    folder: Path,
    *,
    model: Model,
    contract: Contract,
    version: Version | Mapping[str, Any],
    golden: Iterable[GoldenCase],
    documents: Mapping[str, Any] | None = None,
) -> Path:
    """Write everything that is served into `folder`, replacing what stood there only when all is written.

    `documents` are optional files by name: metrics.json, applicants.json (id -> applicant),
    distributions.json (feature -> counts, bin_edges, median), reference.json (edges and shares of the PD),
    calibration.json (calibration, points and thresholds, as `credit.scoring.Scoring` has them),
    shap_global.png as bytes, card.md as text.
    Raises ValueError where there is no golden applicant, or pydantic's where `version` is incomplete.
    """
    cases = [{"applicant": dict(c.applicant), "probabilities": list(c.probabilities)} for c in golden]
    if not cases:
        raise ValueError("a package needs golden applicants, by which the service tests itself when it loads")
    X = _matrix(model.encoding, contract, [c["applicant"] for c in cases])
    files: dict[str, Any] = {
        "contract.json": contract.model_dump(mode="json"),
        "expressions.json": expression_trees(contract),
        "version.json": Version.model_validate(version).model_dump(mode="json"),
        "golden.json": cases,
        **(documents or {}),
    }
    with whole_folder(folder) as fresh:
        _save_seat(model, X, fresh)
        for name, content in files.items():
            (fresh / name).write_bytes(_bytes(content))
        write_manifest(fresh)
    return folder


@dataclass(frozen=True)
class Continuation:
    """A bank's continuation of the shared model, and how its margin becomes a decision."""

    model: Model
    scoring: Scoring


def add_continuations(package: Path, folder: Path, continuations: Mapping[str, Continuation]) -> Path:
    """Write the package at `package` into `folder` with banks' continuations of its model, by alias.

    Whoever gets the folder gets the banks' own trees: it is for the banks named, not for publication.
    Raises ModelError where a continuation is not of the packaged model, ValueError where an alias is no plain name.
    """
    read = read_package(package)
    head = read_head(package)
    for alias, continued in continuations.items():
        model = continued.model
        own = (model.family, list(model.classes), model.encoding.to_dict())
        if own != (head["family"], head["classes"], head["encoding"]):
            raise ModelError(
                f"{alias}'s model continues another model than {package} holds: run the pipeline again"
            )
    applicants = [case.applicant for case in read.golden]
    X = _matrix(read.seat.model.encoding, read.contract, applicants)
    with whole_folder(folder) as fresh:
        shutil.copytree(package, fresh, dirs_exist_ok=True)
        _save_continuations(continuations, applicants, X, fresh)
        write_manifest(fresh)
    return folder


def _save_continuations(
    continuations: Mapping[str, Continuation],
    applicants: Sequence[Mapping[str, Any]],
    X: np.ndarray,
    folder: Path,
) -> None:
    for alias, continued in continuations.items():
        if not ALIAS.fullmatch(alias):
            raise ValueError(f"{alias!r} is no name for a bank's folder: use letters, digits, spaces and -_.")
        chances = continued.model.probabilities(X).tolist()
        own = [{"applicant": dict(a), "probabilities": p} for a, p in zip(applicants, chances, strict=True)]
        _save_seat(continued.model, X, folder / BANKS / alias)
        (folder / BANKS / alias / "golden.json").write_bytes(_bytes(own))
        (folder / BANKS / alias / DOCUMENT).write_bytes(_bytes(continued.scoring.to_dict()))


def _save_seat(model: Model, X: np.ndarray, folder: Path) -> None:
    """Write a model with what explains it fast, proven around the applicants X."""
    model.save(folder)
    save_explainer(model, X, folder)


def _matrix(encoding: Encoding, contract: Contract, applicants: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """The model matrix of `applicants`, shape (n, F)."""
    reader, encoder = ApplicantReader(contract), RowEncoder(contract, encoding)
    return encoder.matrix([reader.values(reader.check(a)) for a in applicants])


def _bytes(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    text = content if isinstance(content, str) else json.dumps(content, indent=1, allow_nan=False)
    return text.encode()


def expression_trees(contract: Contract) -> dict[str, Any]:
    """SQL -> compiled tree of every expression of `contract`, so that serving needs no SQL parser."""
    sqls = [d.sql for d in contract.derived] + [r.sql for r in contract.rules]
    return {sql: Expression.parse(sql).tree for sql in sqls}
