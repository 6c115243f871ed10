"""Promotion of the winner: registered, judged by the gate, crowned where no check blocks."""

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl

from assets.aggregation import SHUT_OUT
from assets.calibration import scoring_of
from assets.federated_evaluation import best_family
from assets.ingestion import Parts
from assets.judging import Evidence, judge_of
from assets.setting import OWNERS, consortium, contract, every_bank, one_run
from assets.tables import table
from assets.training import ModelsByBank, bank_list
from credit.errors import NoChampionError
from credit.features import BankRecords
from credit.fingerprints import frame_fingerprint
from credit.models import Model, load_model
from credit.scoring import DOCUMENT, Scoring
from registry.gate import gate_table
from registry.promotion import Registry, Verdict, Version
from registry.revision import code_revision
from registry.tracking import Tracking


@dg.asset(
    ins={
        "loan_records": dg.AssetIn(partition_mapping=every_bank),
        "local_models": dg.AssetIn(partition_mapping=every_bank),
    },
    # They are compared with the champion that sits before this verdict.
    deps=["bank_explanations"],
    backfill_policy=one_run,
    group_name="promotion",
    kinds={"mlflow"},
    owners=OWNERS,
    code_version="1",
    check_specs=[
        dg.AssetCheckSpec(
            "gate", asset="verdict", description="The winner passed every blocking check of the gate."
        )
    ],
)
def verdict(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    local_models: ModelsByBank,
    federated_models: dict[str, Model],
    federated_evaluation: dict[str, pl.DataFrame],
    evaluation: dict[str, pl.DataFrame],
    scoring: dict[str, list],
    fairness: dict[str, pl.DataFrame],
    stability: dict[str, pl.DataFrame],
    tracking: dg.ResourceParam[Tracking],
    registry: dg.ResourceParam[Registry],
):
    """The run's winner, registered and judged by the gate; the table of checks stays with it, promoted or not."""
    family, banks = best_family(federated_evaluation["validation"]), bank_list(loan_records)
    model, decides = federated_models[family], scoring_of(scoring, family)
    tags = _tags(context.run_id, family, banks, decides.threshold)
    version = _register(tracking, registry, context.run_id, model, banks, tags, decides)
    shut_out = tracking.param(version.run_id, SHUT_OUT)
    evidence = Evidence(model, banks, shut_out, local_models, evaluation, scoring, fairness, stability)
    judged = registry.contest(version, judge_of(evidence, tracking))
    checks = gate_table(judged.checks)
    tracking.log_bytes(version.run_id, checks.write_csv().encode(), "gate/checks.csv")
    return dg.MaterializeResult(
        value=_value(judged, checks.to_dicts()),
        metadata=_metadata(judged, checks),
        check_results=[_check(judged, checks)],
    )


@dg.asset(group_name="promotion", kinds={"mlflow"}, owners=OWNERS, code_version="1", backfill_policy=one_run)
def champion(context: dg.AssetExecutionContext, verdict: dict, registry: dg.ResourceParam[Registry]) -> dict:
    """The model version that serves: the run's winner where it passed the gate, the sitting champion otherwise."""
    sitting = registry.champion()
    if sitting is None:
        raise NoChampionError(
            f"version {verdict['version']} did not pass the gate and no champion sits: {verdict['why']}. "
            "Read its report, then change what it says, or the limits in the consortium file's `policy`, "
            f'or make it champion by hand: fedcredit promote {verdict["version"]} --override "why"'
        )
    context.add_output_metadata(
        {"version": sitting.number, "family": sitting.tags["family"], "since": sitting.tags["created"]}
    )
    challenger = {key: verdict[key] for key in ("version", "promoted", "why")}
    return {**_version(sitting), "challenger": challenger}


def scorer_of(tracking: Tracking, run_id: str, threshold: float, folder: Path) -> tuple[Model, Scoring]:
    """Model and scoring as they were judged; a model from before calibration decides by its own PDs."""
    scorer = tracking.scorer_folder(run_id, folder)
    document = scorer / DOCUMENT
    if not document.is_file():
        return load_model(scorer), Scoring.uncalibrated(threshold)
    return load_model(scorer), Scoring.from_dict(json.loads(document.read_text()))


def _tags(dagster_run: str, family: str, banks: list[BankRecords], threshold: float) -> dict[str, str]:
    """What ties a version to its Dagster run, code, data and consortium."""
    from federated.strategies.choice import served_strategy

    data = {b.name: frame_fingerprint(b.train, b.validation, b.test) for b in banks}
    return {
        "dagster_run_id": dagster_run,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_revision": code_revision(),
        "consortium": consortium().name,
        "family": family,
        "strategy": served_strategy(consortium().strategy, family),
        "contract": f"{contract().name} v{contract().version}",
        "contract_fingerprint": contract().fingerprint,
        "data_fingerprints": json.dumps(data),
        "threshold": repr(threshold),
    }


def _register(
    tracking: Tracking,
    registry: Registry,
    dagster_run: str,
    model: Model,
    banks: list[BankRecords],
    tags: dict[str, str],
    scoring: Scoring,
) -> Version:
    run = tracking.child_run(tracking.pipeline_run(dagster_run), model.family)
    example = model.encoding.matrix(banks[0].test.head(5) if banks[0].test.height else banks[0].train.head(5))
    files = {
        "contract.json": contract().model_dump_json(indent=1),
        DOCUMENT: json.dumps(scoring.to_dict(), indent=1),
    }
    logged = tracking.log_model(run, model, example, files)
    return registry.register(logged, tags)


def _value(judged: Verdict, checks: list[dict]) -> dict:
    """What was judged, and what was found. `promoted` says whether it became champion."""
    told = {"promoted": judged.promoted, "why": judged.why, "checks": checks}
    return {**_version(judged.version), **told}


def _version(version: Version) -> dict:
    return {"version": version.number, "run_id": version.run_id, "tags": dict(version.tags)}


def _metadata(judged: Verdict, checks: pl.DataFrame) -> dict:
    sitting = judged.champion
    return {
        "challenger": f"version {judged.version.number} ({judged.version.tags['family']})",
        "promoted": judged.promoted,
        "champion": f"version {sitting.number} ({sitting.tags['family']})" if sitting else "none",
        "why": judged.why,
        "gate": table(checks),
    }


def _check(judged: Verdict, checks: pl.DataFrame) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name="gate",
        passed=judged.promoted,
        severity=dg.AssetCheckSeverity.WARN,
        description=judged.why,
        metadata={"gate": table(checks)},
    )
