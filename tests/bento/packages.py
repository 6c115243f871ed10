"""Small packages of each family over seeded SBA-like records."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bento.package import GoldenCase
from bento.packaging import write_package
from credit.applicant import applicant_from_source
from credit.contract import Contract, load_contract
from credit.encoding import Encoding, OutcomeCounts
from credit.features import OUTCOME
from credit.ingestion import Ingestion, ingest
from credit.models import Model
from credit.models.catboost import CatBoostModel
from credit.models.lightgbm import LightGBMModel
from credit.models.logistic import LogisticModel, Standardisation, feature_moments

ROWS = 600


@cache
def contract(classes: int = 2) -> Contract:
    sba = load_contract("sba")
    if classes == 2:
        return sba
    outcome = {
        "column": "loan_status",
        "classes": {"good": ["P I F"], "standard": ["LATE"], "poor": ["CHGOFF"]},
    }
    return Contract.model_validate({**sba.model_dump(mode="json"), "name": "sba_three", "outcome": outcome})


@cache
def raw_records(seed: int = 7) -> pl.DataFrame:
    """Texts as the source file has them; risk falls with the guaranteed share and rises with the loan."""
    rng = np.random.default_rng(seed)
    amount = np.exp(rng.normal(11, 1, ROWS)).round()
    share = rng.choice([0.5, 0.75, 0.85], ROWS)
    risk = 1 / (1 + np.exp(-(0.6 * (np.log(amount) - 11) - 4 * (share - 0.7))))
    draw = rng.random(ROWS)
    texts = {
        "LoanNr_ChkDgt": [str(i) for i in range(ROWS)],
        "Bank": rng.choice(["A BANK", "B BANK"], ROWS),
        "MIS_Status": np.where(draw < risk * 0.6, "CHGOFF", np.where(draw < risk, "LATE", "P I F")),
        "ApprovalFY": rng.choice(["2002", "2003", "2005", "2006"], ROWS),
        "State": rng.choice(["CA", "NY", "TX", "XX"], ROWS),
        "BankState": rng.choice(["CA", "NC", ""], ROWS),
        "NAICS": rng.choice(["722110", "442110", "236115", "0", "541110"], ROWS),
        "NoEmp": [str(n) for n in rng.integers(0, 700, ROWS)],
        "NewExist": rng.choice(["1", "2", "0"], ROWS),
        "CreateJob": [str(n) for n in rng.integers(0, 20, ROWS)],
        "RetainedJob": [str(n) for n in rng.integers(0, 20, ROWS)],
        "FranchiseCode": rng.choice(["0", "1", "15100", ""], ROWS),
        "UrbanRural": rng.choice(["0", "1", "2"], ROWS),
        "RevLineCr": rng.choice(["Y", "N", "T", ""], ROWS),
        "LowDoc": rng.choice(["Y", "N", ""], ROWS),
        "GrAppv": [f"${a:,.2f} " for a in amount],
        "SBA_Appv": [f"${a:,.2f} " for a in np.floor(amount * share)],
    }
    blank = {c.source: [""] * ROWS for c in contract().columns}
    return pl.DataFrame({k: np.asarray(v, dtype=object).tolist() for k, v in {**blank, **texts}.items()})


@cache
def ingested(classes: int = 2) -> Ingestion:
    raw = raw_records()
    if classes == 2:
        raw = raw.with_columns(pl.col("MIS_Status").replace({"LATE": "CHGOFF"}))
    return ingest(raw, contract(classes))


@cache
def matrix(classes: int = 2) -> tuple[Encoding, np.ndarray, np.ndarray]:
    """Encoding, X and y of the ingested records."""
    records, spec = ingested(classes).records, contract(classes).spec
    y = records[OUTCOME].to_numpy()
    encoding = Encoding.fit(spec.features, OutcomeCounts.count(records, y, spec.levels, classes))
    return encoding, encoding.matrix(records), y


@cache
def model(family: str, classes: int = 2, trees: int = 20, leaves: int = 8, depth: int = 3) -> Model:
    encoding, X, y = matrix(classes)
    names = contract(classes).classes
    if family == "lightgbm":
        return LightGBMModel(encoding, names, _lightgbm(X, y, classes, trees, leaves))
    if family == "catboost":
        return CatBoostModel(encoding, names, _catboost(X, y, classes, trees, depth))
    rng = np.random.default_rng(1)
    logged = np.array([f in contract().spec.logged for f in encoding.features])
    weights = rng.normal(0, 0.4, (1 if classes == 2 else classes, X.shape[1] + 1))
    return LogisticModel(encoding, names, weights, Standardisation.fit(feature_moments(X, logged), logged))


def _lightgbm(X: np.ndarray, y: np.ndarray, classes: int, trees: int, leaves: int) -> str:
    import lightgbm as lgb

    many = {"objective": "multiclass", "num_class": classes}
    head = {"objective": "binary"} if classes == 2 else many
    rest = {"num_leaves": leaves, "min_data_in_leaf": 5, "num_threads": 1, "verbosity": -1, "seed": 1}
    return lgb.train({**head, **rest}, lgb.Dataset(X, y), num_boost_round=trees).model_to_string()


def _catboost(X: np.ndarray, y: np.ndarray, classes: int, trees: int, depth: int) -> bytes:
    import catboost as cb

    loss = "Logloss" if classes == 2 else "MultiClass"
    settings: dict[str, Any] = {"iterations": trees, "depth": depth, "loss_function": loss, "random_seed": 1}
    booster = cb.CatBoost({**settings, "verbose": False, "allow_writing_files": False, "thread_count": 1})
    booster.fit(X, y)
    return booster._serialize_model()


def contract_fields() -> list[str]:
    return [c.name for c in contract().applicant_columns]


def applicants(count: int = 20, classes: int = 2) -> list[dict[str, Any]]:
    """Applicants as JSON has them, of the first good records."""
    rows = ingested(classes).records["row"].head(count)
    raw = raw_records().to_dicts()
    return [applicant_from_source(contract(classes), raw[row]) for row in rows]


def probabilities(of: Model, count: int = 20) -> np.ndarray:
    """What the bulk path predicts for the same records, shape (count, C)."""
    return of.probabilities(matrix(len(of.classes))[1][:count])


def version(of: Model, number: str = "3", name: str = "credit-scorer") -> dict[str, Any]:
    terms = contract(len(of.classes))
    agreed = {"name": terms.name, "version": terms.version, "fingerprint": terms.fingerprint}
    return {"model": name, "version": number, "alias": "champion", "family": of.family,
            "strategy": "fedavg", "run_id": "r1", "contract": agreed, "data": {"A BANK": "0" * 64},
            "threshold": 0.3, "created": "2026-11-22T12:00:00+00:00"}  # fmt: skip


def documents(classes: int = 2) -> dict[str, Any]:
    spread = {"counts": [1, 2], "bin_edges": [0, 1, 2], "median": 1}
    return {
        "applicants.json": {f"a{i}": applicant for i, applicant in enumerate(applicants(8, classes))},
        "distributions.json": {"employees": spread},
        "metrics.json": {"auc": 0.7},
        "shap_global.png": b"picture",
        "card.md": "# Card",
    }


def make_package(
    folder: Path,
    family: str = "lightgbm",
    classes: int = 2,
    number: str = "3",
    name: str = "credit-scorer",
    **size: int,
) -> Path:
    made = model(family, classes, **size)
    pairs = zip(applicants(5, classes), probabilities(made, 5).tolist(), strict=True)
    golden = [GoldenCase(a, tuple(p)) for a, p in pairs]
    return write_package(
        folder,
        model=made,
        contract=contract(classes),
        version=version(made, number, name),
        golden=golden,
        documents=documents(classes),
    )
