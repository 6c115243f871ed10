"""A model's figures over all banks' records, from score histograms that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from credit.class_scores import ClassScores
from credit.evaluation import ALL_BANKS
from credit.models import Model
from federated.tally import Tally


@dataclass(frozen=True)
class FederatedScores:
    """Scores by outcome of all banks' records, and of each bank's own where sums travel in clear."""

    total: ClassScores
    by_bank: dict[str, ClassScores]


def federated_scores(model: Model, tally: Tally, part: str) -> FederatedScores:
    """The scores of `part`, a name in PARTS; with three or more classes the worst is default.

    Raises FederationError for an unknown part, and below the quorum.
    """
    sums, classes = tally("scores", part, model), len(model.classes)
    own = {bank: ClassScores.from_vector(s, classes) for bank, s in sums.by_bank.items()}
    return FederatedScores(ClassScores.from_vector(sums.total, classes), own)


def federated_figures(
    models: Mapping[str, Model], tally: Tally, parts: Mapping[str, int], *, seed: int
) -> dict[str, pl.DataFrame]:
    """By part the rows of `credit.evaluation.figures` for models by family that all banks share.

    `parts` names them, each with the replicates of its bootstrap. The figures equal those of the records within
    the width of a bin. Without masks there is a row a bank as well.
    """
    rows: dict[str, list[dict]] = {part: [] for part in parts}
    for family, model in models.items():
        before = federated_scores(model, tally, "train")
        for part, replicates in parts.items():
            now = federated_scores(model, tally, part)
            for bank, scores in {ALL_BANKS: now.total, **now.by_bank}.items():
                if scores.worst.records:
                    trained = before.total if bank == ALL_BANKS else before.by_bank.get(bank)
                    rows[part].append(_row(family, bank, scores, trained, seed, replicates))
    return {p: pl.DataFrame(r).fill_nan(None).sort("bank", "family", "strategy") for p, r in rows.items()}


def _row(
    family: str, bank: str, scores: ClassScores, train: ClassScores | None, seed: int, replicates: int
) -> dict:
    interval, figures = scores.auc_interval(seed=seed, replicates=replicates), scores.figures()
    before = train.figures() if train else {}
    gaps = {"gap": before.get("auc", float("nan")) - figures["auc"]}
    if "accuracy" in figures:
        gaps["accuracy_gap"] = before.get("accuracy", float("nan")) - figures["accuracy"]
    return {
        "family": family,
        "strategy": "federated",
        "bank": bank,
        "records": round(scores.worst.records),
        "defaults": round(float(scores.worst.counts[:, 1].sum())),
        **figures,
        "auc_low": interval.low,
        "auc_high": interval.high,
        **gaps,
    }
