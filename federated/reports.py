"""What happened in each round of a training."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RoundReport:
    """What happened in one round.

    Losses are mean log losses over all banks' records, None where no bank has a record in the part;
    `bytes` is what was sent and received; `failed` gives the reason by bank.
    """

    round: int
    train_loss: float | None
    validation_loss: float | None
    bytes: int
    seconds: float
    answered: tuple[str, ...]
    failed: dict[str, str]
