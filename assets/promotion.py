"""Promotion of the winner: registered, judged by the gate, crowned where every check passes."""

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl

from assets.calibration import scoring_of
from assets.evaluation import best_family
from assets.ingestion import Parts
from assets.setting import OWNERS, consortium, contract, every_bank, one_run
from assets.tables import table
from assets.training import bank_list
from credit.evaluation import ALL_BANKS, Candidate, score_banks
from credit.features import BankRecords
from credit.fingerprints import frame_fingerprint
from credit.leaks import barred_features
from credit.metrics import auc_difference
from credit.models import Model, load_model
from credit.scoring import DOCUMENT, Scoring
from registry.gate import Check, better_check, contract_check, gap_check, leak_check
from registry.promotion import Registry, Verdict, Version
from registry.revision import code_revision
from registry.tracking import Tracking


class GateConfig(dg.Config):
    """Limits of the promotion gate."""

    largest_gap: float = 0.15
    """Most by which the train AUC may exceed the out-of-time AUC."""


@dg.asset(
    ins={"loan_records": dg.AssetIn(partition_mapping=every_bank)},
    backfill_policy=one_run,
    group_name="promotion",
    kinds={"mlflow"},
    owners=OWNERS,
    code_version="1",
    check_specs=[
        dg.AssetCheckSpec("gate", asset="champion", description="The winner passed every check of the gate.")
    ],
)
def champion(
    context: dg.AssetExecutionContext,
    config: GateConfig,
    loan_records: dict[str, Parts],
    federated_models: dict[str, Model],
    evaluation: dict[str, pl.DataFrame],
    scoring: dict[str, list],
    tracking: dg.ResourceParam[Tracking],
    registry: dg.ResourceParam[Registry],
):
    """The model version that serves: the run's winner where it passes the gate, the sitting champion otherwise."""
    family, banks = best_family(evaluation["validation"]), bank_list(loan_records)
    model, row = federated_models[family], _figures(evaluation["test"], family)
    decides = scoring_of(scoring, family)
    tags = _tags(context.run_id, family, banks, decides.threshold)
    version = _register(tracking, registry, context.run_id, model, banks, tags, decides)
    verdict = registry.contest(version, _judge(model, row, banks, config, tracking, version))
    if verdict.champion is None:
        raise dg.Failure(f"no version has passed the gate yet: {'; '.join(verdict.reasons)}")
    return dg.MaterializeResult(
        value=_value(verdict),
        metadata=_metadata(verdict),
        check_results=[_check(verdict)],
    )


def _figures(test: pl.DataFrame, family: str) -> dict:
    return test.filter(bank=ALL_BANKS, strategy="federated", family=family).row(0, named=True)


def _tags(dagster_run: str, family: str, banks: list[BankRecords], threshold: float) -> dict[str, str]:
    """What ties a version to its Dagster run, code, data and consortium."""
    data = {b.name: frame_fingerprint(b.train, b.validation, b.test) for b in banks}
    return {
        "dagster_run_id": dagster_run,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_revision": code_revision(),
        "consortium": consortium().name,
        "family": family,
        "strategy": consortium().strategy,
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


def _judge(
    model: Model,
    row: dict,
    banks: list[BankRecords],
    config: GateConfig,
    tracking: Tracking,
    version: Version,
) -> Callable[[Version | None], list[Check]]:
    def judge(sitting: Version | None) -> list[Check]:
        checks = [
            gap_check(row["gap"], config.largest_gap),
            leak_check(barred_features(model.encoding.features, contract())),
        ]
        if sitting is None:
            return [*checks, better_check(None, None)]
        fits = contract_check(sitting.tags.get("contract_fingerprint", ""), contract().fingerprint)
        if not fits.passed:
            return [*checks, fits]
        return [*checks, fits, better_check(_difference(tracking, sitting, model, banks), sitting.number)]

    return judge


def _difference(tracking: Tracking, sitting: Version, model: Model, banks: list[BankRecords]):
    """Out-of-time AUC of `model` less the sitting champion's on the same records."""
    with tempfile.TemporaryDirectory() as folder:
        old = load_model(tracking.scorer_folder(sitting.run_id, Path(folder)))
    both = [Candidate(model.family, "new", model), Candidate(old.family, "sitting", old)]
    scores = score_banks(both, banks, "test")
    new, former = scores.filter(strategy="new"), scores.filter(strategy="sitting")
    outcome = new["outcome"].to_numpy()
    return auc_difference(outcome, new["pd"].to_numpy(), former["pd"].to_numpy(), seed=consortium().seed)


def _value(verdict: Verdict) -> dict:
    assert verdict.champion is not None
    why = "; ".join(verdict.reasons)
    return {
        "version": verdict.champion.number,
        "run_id": verdict.champion.run_id,
        "tags": dict(verdict.champion.tags),
        "challenger": {"version": verdict.version.number, "promoted": verdict.promoted, "why": why},
    }


def _metadata(verdict: Verdict) -> dict:
    assert verdict.champion is not None
    return {
        "challenger": f"version {verdict.version.number} ({verdict.version.tags['family']})",
        "promoted": verdict.promoted,
        "champion": f"version {verdict.champion.number} ({verdict.champion.tags['family']})",
        "why": "; ".join(verdict.reasons) or "passed every check",
        "gate": table(pl.DataFrame(verdict.checks)),
    }


def _check(verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name="gate",
        passed=verdict.promoted,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(verdict.reasons) or "passed every check",
        metadata={"gate": table(pl.DataFrame(verdict.checks))},
    )
