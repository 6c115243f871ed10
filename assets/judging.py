"""What the promotion gate looks at, gathered from the run."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.calibration import figures_of
from assets.setting import consortium, contract
from assets.training import ModelsByBank
from credit.evaluation import ALL_BANKS, Candidate, score_banks
from credit.features import BankRecords
from credit.harm import bank_differences
from credit.leaks import barred_features, leak_findings
from credit.metrics import Interval, auc_difference
from credit.models import Model, load_model
from registry.gate import (
    Check,
    better_check,
    calibration_check,
    contract_check,
    fairness_checks,
    gap_check,
    harm_check,
    leak_check,
    shut_out_check,
    stability_checks,
)
from registry.promotion import Version
from registry.tracking import Tracking


@dataclass(frozen=True)
class Evidence:
    """The run's winner, and what the assets before found out about it."""

    model: Model
    banks: list[BankRecords]
    shut_out: str
    local: ModelsByBank
    evaluation: dict[str, pl.DataFrame]
    scoring: dict[str, list]
    fairness: dict[str, pl.DataFrame]
    stability: dict[str, pl.DataFrame]


def judge_of(evidence: Evidence, tracking: Tracking) -> Callable[[Version | None], list[Check]]:
    """The gate for this winner: what depends on nobody is checked once, the sitting champion under the lock."""
    alone = _alone(evidence)

    def judge(sitting: Version | None) -> list[Check]:
        return [*alone, *_against(sitting, evidence, tracking)]

    return judge


def _alone(evidence: Evidence) -> list[Check]:
    policy, family, where = consortium().policy, evidence.model.family, contract().holdout.where
    row = (
        evidence.evaluation["test"]
        .filter(bank=ALL_BANKS, strategy="federated", family=family)
        .row(0, named=True)
    )
    figures = figures_of(evidence.scoring, family)
    valid, test = figures["validation"], figures["test"]
    return [
        gap_check(row["gap"], policy.gate),
        calibration_check(valid["error"], test["error"], valid["error_noise"], policy.gate, where),
        *fairness_checks(evidence.fairness["differences"], policy.fairness),
        *stability_checks(evidence.stability["banks"], policy.stability),
        leak_check(barred_features(evidence.model.encoding.features, contract()), _leaking(evidence)),
        shut_out_check(evidence.shut_out),
        harm_check(_against_local(evidence), "its own model", policy.gate.local_harm_blocks),
    ]


def _against(sitting: Version | None, evidence: Evidence, tracking: Tracking) -> list[Check]:
    policy = consortium().policy.gate
    fingerprint = contract().fingerprint
    if sitting is None:
        return [
            contract_check(None, fingerprint),
            better_check(None, None),
            harm_check(None, "the champion", True),
        ]
    fits = contract_check(sitting.tags.get("contract_fingerprint", ""), fingerprint)
    if not fits.passed:
        return [fits]
    with tempfile.TemporaryDirectory() as folder:
        old = load_model(tracking.scorer_folder(sitting.run_id, Path(folder)))
    difference, by_bank = differences(evidence.model, old, evidence.banks)
    return [
        fits,
        better_check(difference, sitting.number),
        harm_check(by_bank, f"version {sitting.number}", policy.champion_harm_blocks),
    ]


def differences(model: Model, old: Model, banks: list[BankRecords]) -> tuple[Interval, pl.DataFrame]:
    """Test AUC of `model` less that of `old` on the same records: over all banks, and bank by bank."""
    scores = score_banks([Candidate("", "new", model), Candidate("", "old", old)], banks, "test")
    new, former = scores.filter(strategy="new"), scores.filter(strategy="old")
    seed, outcome = consortium().seed, new["outcome"].to_numpy()
    overall = auc_difference(outcome, new["pd"].to_numpy(), former["pd"].to_numpy(), seed=seed)
    return overall, bank_differences(new, former, seed=seed)


def _against_local(evidence: Evidence) -> pl.DataFrame:
    family = evidence.model.family
    local = [Candidate("", "local", models[family], bank) for bank, models in evidence.local.items()]
    scores = score_banks([Candidate("", "new", evidence.model), *local], evidence.banks, "test")
    return bank_differences(
        scores.filter(strategy="new"), scores.filter(strategy="local"), seed=consortium().seed
    )


def _leaking(evidence: Evidence) -> list[str]:
    """Features of the model that alone rank the training outcomes too well, or are missing by outcome."""
    train = pl.concat([bank.train for bank in evidence.banks])
    fields = [contract().fields[f] for f in evidence.model.encoding.features if f in contract().fields]
    return sorted({f.column for f in leak_findings(train, fields) if f.blocks})
