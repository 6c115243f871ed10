"""What a bank would send: a training of two rounds on its own records, inside its own site."""

from __future__ import annotations

from dataclasses import dataclass

from credit.features import BankRecords, FeatureSpec
from federated.messages import KINDS
from federated.training import inprocess_grid, train_federated

ROUNDS = 2


@dataclass(frozen=True)
class SentKind:
    """One kind of message of the dry run: what it answers, and its bytes both ways."""

    kind: str
    answers: str
    bytes: int


def dry_run(records: BankRecords, spec: FeatureSpec, family: str = "lightgbm") -> list[SentKind]:
    """Train alone on `records` and list what would have gone between bank and coordinator.

    Raises FederationError where the records cannot be trained on.
    """
    trained = train_federated(family, inprocess_grid([records], spec), spec, rounds=ROUNDS)
    return [SentKind(kind, KINDS[kind].answers, n) for kind, n in trained.bytes_by_kind.items()]
