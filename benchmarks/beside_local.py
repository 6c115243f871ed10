"""Each bank's model beside its local-only one: which rank surely worse, and how many would by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.stats import norm, rankdata

from credit.delong import auc_change
from credit.features import OUTCOME, BankRecords, FeatureSpec
from credit.models import Model
from credit.workers import in_parallel
from federated.comparison import OWN
from federated.own_records import own_model

LEVEL, EXCHANGES = 0.95, 50
COUNTS = ("worse_banks", "surely_worse_banks", "better_banks", "surely_better_banks", "worse_by_chance",
          "surely_worse_by_chance", "worse_than_own_half", "surely_worse_than_own_half")  # fmt: skip


class BesideLocal:
    """How each bank's model ranks its test records beside its local-only model, and beside its own half alone.

    By DeLong's error a bank is worse where the 95% interval of the change lies below zero, and surely worse
    where the interval does that holds for all banks at once (Bonferroni: 1 - .05 / banks each).
    """

    def __init__(self, banks: Sequence[BankRecords], spec: FeatureSpec, seed: int):
        self.banks, self.spec, self.seed = banks, spec, seed
        self.outcomes = [bank.test[OUTCOME].to_numpy() for bank in banks]
        self.local: dict[str, list[np.ndarray]] = {}
        self.own_models: dict[str, list[Model]] = {}

    def __call__(self, family: str, trained: str, models: Sequence[Model]) -> dict[str, float]:
        """Numbers of banks (COUNTS), those by chance among them, and the mean change's standard error."""
        scores = self._ranks(models)
        local = self.local.setdefault(family, scores)
        found, errors = self._counts(scores, local)
        below_own, _ = self._counts(scores, self._ranks(self.own_half(family)))
        lots = [self._counts(*self._exchanged(scores, local, lot))[0] for lot in range(EXCHANGES)]
        by_chance = np.mean(lots, axis=0)
        counts = [*found.tolist(), *by_chance[:2].tolist(), *below_own[:2].tolist()]
        spread = {"error_of_change": float(np.sqrt(np.nansum(errors**2)) / len(errors))}
        return dict(zip(COUNTS, counts, strict=True)) | spread

    def own_half(self, family: str) -> list[Model]:
        """What each bank has of a personalised model by itself: its own half, trained alone."""
        if family not in self.own_models:
            self.own_models[family] = in_parallel(
                lambda bank: own_model(family, bank, self.spec, self.seed), self.banks
            )
        return self.own_models[family]

    def _ranks(self, models: Sequence[Model]) -> list[np.ndarray]:
        """Place of each test record by margin, bank by bank."""
        pairs = zip(models, self.banks, strict=True)
        return [rankdata(m.margin(m.encoding.matrix(bank.test))[:, -1]) for m, bank in pairs]

    def _counts(
        self, scores: Sequence[np.ndarray], local: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Banks that are worse, surely worse, better and surely better, and the changes' errors by bank."""
        pairs = zip(self.outcomes, scores, local, strict=True)
        change, error = np.array([auc_change(*pair) for pair in pairs]).T
        one, all_banks = (norm.isf((1.0 - LEVEL) / 2.0 / n) for n in (1, len(change)))
        counts = [(sign * change > z * error).sum() for sign in (-1, 1) for z in (one, all_banks)]
        return np.array(counts), error

    def _exchanged(
        self, scores: Sequence[np.ndarray], local: Sequence[np.ndarray], seed: int
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Both models' ranks, exchanged for every other record by lot: neither is better then."""
        rng = np.random.default_rng(seed)
        lots = [rng.random(len(score)) < 0.5 for score in scores]
        triples = list(zip(lots, scores, local, strict=True))
        return [np.where(*t) for t in triples], [np.where(~lot, a, b) for lot, a, b in triples]


def mean_rows(rows: Sequence[dict]) -> Iterator[dict]:
    """Of all draws, a row a family and way of training: mean AUC, what it is above pooled (each with own trees or
    without) and how that spreads over draws, mean numbers of banks, and the most surely worse ones of a draw.
    """
    aucs: dict[tuple[str, str], np.ndarray] = {}
    for row in rows:
        way = row["family"], row["trained"]
        aucs[way] = np.append(aucs.get(way, []), row["mean_auc"])
    for (family, trained), found in aucs.items():
        above = found - aucs[family, "pooled" + (OWN if trained.endswith(OWN) else "")]
        own = [row for row in rows if (row["family"], row["trained"]) == (family, trained)]
        yield {"case": "all draws", "family": family, "trained": trained, "mean_auc": float(found.mean()),
               "above_pooled": float(above.mean()), "spread": float(above.std(ddof=1)),
               **{key: float(np.mean([row[key] for row in own])) for key in COUNTS},
               "most_surely_worse": max(row["surely_worse_banks"] for row in own)}  # fmt: skip
