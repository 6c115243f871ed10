"""What a bank would send: short trainings on its own records, inside its own site."""

from __future__ import annotations

from dataclasses import dataclass

from credit.features import BankRecords, FeatureSpec
from federated.messages import KINDS
from federated.training import inprocess_grid, train_federated

ROUNDS = 2
STRATEGIES = ("histogram", "leaf_refit")


@dataclass(frozen=True)
class SentKind:
    """One kind of message of the dry run: what it answers, and its bytes both ways by strategy."""

    kind: str
    answers: str
    bytes: dict[str, int]


def dry_run(records: BankRecords, spec: FeatureSpec, family: str = "lightgbm") -> list[SentKind]:
    """Train alone on `records` by `histogram` and `leaf_refit` and list what bank and coordinator would have exchanged.

    Raises FederationError where the records cannot be trained on.
    """
    sent: dict[str, dict[str, int]] = {}
    for strategy in STRATEGIES:
        grid = inprocess_grid([records], spec)
        sent[strategy] = train_federated(family, grid, spec, strategy=strategy, rounds=ROUNDS).bytes_by_kind
    used = [kind for kind in KINDS if any(kind in by_kind for by_kind in sent.values())]
    return [
        SentKind(kind, KINDS[kind].answers, {s: n.get(kind, 0) for s, n in sent.items()}) for kind in used
    ]
