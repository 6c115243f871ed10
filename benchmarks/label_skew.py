"""Banks that hold very unequal shares of the defaults, and what each way of training makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from benchmarks.card_holders import FEATURES, RECORDS, card_holders
from credit.features import OUTCOME, BankRecords, FeatureSpec
from credit.metrics import auc, log_loss
from credit.models import Model
from federated.baselines import train_local, train_pooled
from federated.comparison import Case
from federated.learners.lightgbm import LightGBMParams
from federated.training import FederatedModel, inprocess_grid, train_federated

BANKS, ALPHA, DRAWS, SMALLEST = 5, 0.15, range(1, 21), 50
ROUNDS, PATIENCE, SEED = 40, 6, 7
UNSTOPPED = "fedavg, {} rounds, trees a round {}, rate {:g}, no early stopping"
# Trees a round and rate: those of fedavg as served, then every other strategy's rate. Theirs are five trees a round.
KINDS = ((2, 0.3), (1, 0.1), (5, 0.1), (10, 0.1))


def label_skewed(banks: int, alpha: float, seed: int) -> Case:
    """Card holders among banks whose shares of each outcome are drawn from a Dirichlet of `alpha`.

    It is drawn again until every bank has SMALLEST records.
    """
    rng = np.random.default_rng(seed)
    frame, bank = card_holders(rng), np.zeros(RECORDS, int)
    while np.bincount(bank, minlength=banks).min() < SMALLEST:
        for value in (0, 1):
            own = np.flatnonzero(frame[OUTCOME].to_numpy() == value)
            bank[own] = rng.choice(banks, len(own), p=rng.dirichlet(np.full(banks, alpha)))
    part = rng.choice(3, RECORDS, p=[0.7, 0.1, 0.2])
    dealt = [
        BankRecords(f"bank {k}", *(frame.filter((bank == k) & (part == number)) for number in range(3)))
        for k in range(banks)
    ]
    spec = FeatureSpec(FEATURES, {}, (), {}, ("paid", "default"), "card holders")
    return Case(f"card holders, label skew {alpha:g}, draw {seed}", dealt, spec)


def skew(rounds: int) -> Iterator[dict]:
    """Five banks whose shares of the outcomes are drawn from a Dirichlet of .15: AUC over all test records."""
    rows: list[dict] = []
    for draw in DRAWS:
        for row in _draw(label_skewed(BANKS, ALPHA, draw)):
            rows.append(row)
            yield row
    yield from _gains(rows)


def _draw(case: Case) -> Iterator[dict]:
    """A row a way of training: local-only's means over banks, of each bank's model on all test records."""
    test = pl.concat([bank.test for bank in case.banks])

    def row(trained: str, models: list[Model], rounds: int | None = None) -> dict:
        outcome = test[OUTCOME].to_numpy()
        chances = [m.probabilities(m.encoding.matrix(test))[:, -1] for m in models]
        return {
            "case": case.name,
            "trained": trained,
            "auc": float(np.mean([auc(outcome, chance) for chance in chances])),
            "log_loss": float(np.mean([log_loss(outcome, chance) for chance in chances])),
            "rounds": rounds,
        }

    yield row("local", [train_local("lightgbm", bank, case.spec, SEED) for bank in case.banks])
    yield row("pooled", [train_pooled("lightgbm", case.banks, case.spec, SEED)])
    for trees, rate in KINDS:
        trained = _unstopped(case, trees, rate)
        yield row(UNSTOPPED.format(ROUNDS, trees, rate), [trained.model], trained.best_round)
    for strategy in ("fedavg", "leaf_refit", "histogram"):
        grid = inprocess_grid(case.banks, case.spec)
        trained = train_federated(
            "lightgbm", grid, case.spec, strategy=strategy, rounds=ROUNDS, patience=PATIENCE, seed=SEED
        )
        yield row(strategy, [trained.model], trained.best_round)


def _unstopped(case: Case, trees: int, rate: float) -> FederatedModel:
    """FedAvg at a fixed number of rounds, the last one's model: without validation records nothing stops it."""
    banks = [replace(bank, validation=bank.validation.clear()) for bank in case.banks]
    grid = inprocess_grid(banks, case.spec)
    params = LightGBMParams(learning_rate=rate)
    return train_federated(
        "lightgbm", grid, case.spec, strategy="fedavg", rounds=ROUNDS, trees_per_round=trees, params=params,
        seed=SEED,
    )  # fmt: skip


def _gains(rows: list[dict]) -> Iterator[dict]:
    """Mean AUC over the draws of every way, and by how much leaf_refit and histogram exceed each kind of FedAvg."""
    found: dict[str, np.ndarray] = {}
    for row in rows:
        found[row["trained"]] = np.append(found.get(row["trained"], []), row["auc"])
    for name, aucs in found.items():
        yield {"case": "all draws", "trained": name, "auc": float(aucs.mean())}
    for name in ("leaf_refit", "histogram"):
        for other in (n for n in found if n.startswith("fedavg")):
            gains = found[name] - found[other]
            yield {"case": "all draws", "trained": f"{name} above {other}", "auc": float(gains.mean()),
                   "median": float(np.median(gains)), "spread": float(gains.std(ddof=1))}  # fmt: skip
