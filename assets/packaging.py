"""The champion as a scoring service: a package of plain files, and the Bento around it."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl

from assets.calibration import figures_of
from assets.engine import trained_over_link
from assets.ingestion import Parts
from assets.promotion import scorer_of
from assets.setting import all_banks_asset, consortium, contract
from assets.training import bank_list
from bento.package import GoldenCase
from credit.applicant import applicant_from_source
from credit.errors import FedCreditError, ModelError
from credit.evaluation import ALL_BANKS
from credit.explanation import feature_distributions, sample_records
from credit.features import PLACE, ROW
from credit.home import Home
from credit.made_up import applicant_features, made_up_applicants
from credit.models import Model
from credit.readers import Texts
from credit.scoring import DOCUMENT
from credit.sources import RawRecords
from registry.card import model_card
from registry.champion_link import link_champion
from registry.promotion import Registry
from registry.tracking import Tracking

GOLDEN = 20
PUBLISHED_APPLICANTS = 100


@all_banks_asset(group_name="packaging", kinds={"bentoml"}, code_version="1")
def scoring_service(
    context: dg.AssetExecutionContext,
    champion: dict,
    raw_loan_records: dict,
    loan_records: dict[str, Parts],
    evaluation: dict[str, pl.DataFrame],
    explanation: dict,
    scoring: dict[str, list],
    home: dg.ResourceParam[Home],
    tracking: dg.ResourceParam[Tracking],
    registry: dg.ResourceParam[Registry],
) -> dict:
    """The Bento that answers POST /predict with the champion."""
    from bento.build import build_bento

    os.environ.setdefault("BENTOML_HOME", str(home.bentoml))
    package = home.package(consortium().model, champion["version"])
    if not _stands(package, champion):
        test = pl.concat([bank.test for bank in bank_list(loan_records)])
        own = champion["tags"]["dagster_run_id"] == context.run_id
        about = _about(champion, evaluation, explanation, scoring, tracking) if own else {}
        _package(package, champion, test, RawRecords.from_dict(raw_loan_records), tracking, about)
    link_champion(registry, home)
    tag = build_bento(package)
    context.add_output_metadata(
        {
            "bento": tag,
            "package": dg.MetadataValue.path(package),
            "model version": champion["version"],
            "serve": f"MODEL={consortium().model} make serve",
        }
    )
    return {"tag": tag, "package": str(package), "version": champion["version"]}


def _stands(package: Path, champion: dict) -> bool:
    """Whether the champion was packaged before: a version's package never changes."""
    from bento.package import read_package

    try:
        return package.is_dir() and read_package(package).version.run_id == champion["run_id"]
    except FedCreditError:
        return False


def champions_figures(champion: dict, evaluation: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The champion's rows of the evaluation's table: over all banks, and bank by bank."""
    return evaluation["test"].filter(family=champion["tags"]["family"], strategy="federated")


def champions_card(champion: dict, evaluation: dict[str, pl.DataFrame], scoring: dict[str, list]) -> str:
    """The model card of a champion, from the evaluation of the run that trained it."""
    overall = champions_figures(champion, evaluation).filter(bank=ALL_BANKS).row(0, named=True)
    uplift = evaluation["uplift"].filter(family=champion["tags"]["family"]).drop("family")
    figures = figures_of(scoring, champion["tags"]["family"])["test"]
    calibrated = {name: figures[name] for name in ("brier", "logloss")}
    return model_card(
        contract(), consortium().name, consortium().model, champion, overall, uplift, calibrated
    )


def _about(
    champion: dict,
    evaluation: dict[str, pl.DataFrame],
    explanation: dict,
    scoring: dict[str, list],
    tracking: Tracking,
) -> dict[str, Any]:
    """Card, figures and the picture of global SHAP, of a champion that this very run trained."""
    figures = champions_figures(champion, evaluation).filter(bank=ALL_BANKS)
    with tempfile.TemporaryDirectory() as folder:
        picture = tracking.client.download_artifacts(
            explanation["mlflow_run"], "explanation/mean_abs_shap.png", folder
        )
        return {
            "metrics.json": figures.row(0, named=True),
            "shap_global.png": Path(picture).read_bytes(),
            "card.md": champions_card(champion, evaluation, scoring),
        }


def _package(
    package: Path, champion: dict, test: pl.DataFrame, raw: Texts, tracking: Tracking, about: dict[str, Any]
) -> None:
    from bento.packaging import write_package

    if champion["tags"]["contract_fingerprint"] != contract().fingerprint:
        raise ModelError(
            f"champion version {champion['version']} was trained under another contract and has no package here: "
            'make a version of this contract champion with fedcredit promote VERSION --override "why"'
        )
    if not {c.source for c in contract().columns} <= set(raw.columns):
        raise ModelError(
            f"the last run here was of other records than those of contract {contract().name}, and a package is made "
            "of the last run's"
        )
    with tempfile.TemporaryDirectory() as folder:
        threshold = float(champion["tags"]["threshold"])
        model, scoring = scorer_of(tracking, champion["run_id"], threshold, Path(folder))
    cases = shown_cases(model, test, raw, trained_over_link(tracking, champion["run_id"]))
    write_package(
        package,
        model=model,
        contract=contract(),
        version=_version(champion),
        golden=cases[:GOLDEN],
        documents={
            "applicants.json": {f"A{i:04d}": dict(case.applicant) for i, case in enumerate(cases)},
            "distributions.json": feature_distributions(test, contract()),
            "reference.json": _reference(scoring.probability(model.margin(model.encoding.matrix(test)))),
            DOCUMENT: scoring.to_dict(),
            **about,
        },
    )


def shown_cases(model: Model, test: pl.DataFrame, raw: Texts, over_link: bool) -> list[GoldenCase]:
    """The applicants that the package shows: made up where banks have sites of their own, else drawn from `test`."""
    if over_link:
        applicants = made_up_applicants(contract(), PUBLISHED_APPLICANTS, consortium().seed)
        chances = model.probabilities(model.encoding.matrix(applicant_features(contract(), applicants)))
        return [GoldenCase(a, tuple(p)) for a, p in zip(applicants, chances.tolist(), strict=True)]
    return _cases(model, sample_records(test, PUBLISHED_APPLICANTS, consortium().seed), raw)


def _cases(model: Model, records: pl.DataFrame, raw: Texts) -> list[GoldenCase]:
    """Applicants as their source states them, each with the probabilities of the pipeline's own bulk path."""
    probabilities = model.probabilities(model.encoding.matrix(records))
    wanted = records.select(pl.col(ROW).cast(pl.UInt32))
    texts = wanted.join(raw.at(wanted[ROW]), left_on=ROW, right_on=PLACE, how="left", maintain_order="left")
    return [
        GoldenCase(applicant_from_source(contract(), row), tuple(chances))
        for row, chances in zip(texts.iter_rows(named=True), probabilities.tolist(), strict=True)
    ]


def _reference(probability: np.ndarray) -> dict[str, list[float]]:
    """Inner edges of the tenths of the PD, and the share of records in each: what the service watches."""
    edges = np.unique(np.quantile(probability, np.linspace(0.1, 0.9, 9)))
    counts = np.bincount(np.searchsorted(edges, probability, "right"), minlength=len(edges) + 1)
    return {"edges": edges.tolist(), "shares": (counts / counts.sum()).tolist()}


def _version(champion: dict) -> dict:
    tags = champion["tags"]
    return {
        "model": consortium().model,
        "version": champion["version"],
        "alias": "champion",
        "run_id": champion["run_id"],
        **{key: tags[key] for key in ("family", "strategy", "dagster_run_id", "code_revision")},
        "contract": {
            "name": contract().name,
            "version": contract().version,
            "fingerprint": contract().fingerprint,
        },
        "data": json.loads(tags["data_fingerprints"]),
        "threshold": float(tags["threshold"]),
        "created": tags["created"],
    }
