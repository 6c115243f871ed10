"""The rounds of a training: train, evaluate, stop when the banks' summed validation loss stops falling."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flwr.app import ArrayRecord, ConfigRecord, MetricRecord
from flwr.serverapp.strategy import Strategy

from credit.errors import FederationError
from federated.messages import EXAMPLES
from federated.roster import Roster


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


@dataclass(frozen=True)
class RoundPlan:
    """At most `rounds` rounds; stop after `patience` without a lower validation loss (None: never)."""

    rounds: int
    patience: int | None = None


@dataclass(frozen=True)
class RoundsResult:
    """The best round by validation loss (the last without validation records), and its arrays."""

    best: int
    arrays: ArrayRecord
    reports: list[RoundReport]


OnRound = Callable[[RoundReport], None]


def run_rounds(
    roster: Roster,
    strategy: Strategy,
    arrays: ArrayRecord,
    plan: RoundPlan,
    on_round: OnRound | None = None,
) -> RoundsResult:
    """Run `plan` with `strategy` on the roster's banks, starting from `arrays`.

    Raises FederationError in the first round that fewer banks than the quorum answer, and where no round
    has a finite validation loss.
    """
    if plan.rounds < 1:
        raise FederationError(f"a training needs at least one round, not {plan.rounds}")
    best, best_loss, best_arrays, reports = 0, float("inf"), arrays, []
    for number in range(1, plan.rounds + 1):
        arrays, report = _round(number, roster, strategy, arrays)
        reports.append(report)
        if on_round:
            on_round(report)
        if report.validation_loss is None or report.validation_loss < best_loss:
            best, best_arrays = number, arrays
            best_loss = best_loss if report.validation_loss is None else report.validation_loss
        if plan.patience is not None and number - best >= plan.patience:
            break
    if not best:
        raise FederationError("no round had a finite validation loss: look for a bank with damaged records")
    return RoundsResult(best, best_arrays, reports)


def _round(
    number: int, roster: Roster, strategy: Strategy, arrays: ArrayRecord
) -> tuple[ArrayRecord, RoundReport]:
    started, bytes_before = time.monotonic(), roster.exchange.bytes.total()
    failures, grid, config = roster.gather(), roster.grid(), ConfigRecord()

    trained = roster.exchange.send(strategy.configure_train(number, arrays, config, grid))
    answers = roster.require(trained, f"banks answered in round {number}")
    after, _ = strategy.aggregate_train(number, answers)
    if after is None:
        raise FederationError(f"round {number}: the strategy made no model of {len(answers)} answers")

    evaluated = roster.exchange.send(strategy.configure_evaluate(number, after, config, grid))
    scored = roster.require(evaluated, f"banks evaluated round {number}")
    figures = strategy.aggregate_evaluate(number, scored) or MetricRecord()

    failed = roster.by_name(roster.refused | failures | trained.failures | evaluated.failures)
    return after, RoundReport(
        round=number,
        train_loss=_mean(figures, "train-loss", "train-examples"),
        validation_loss=_mean(figures, "validation-loss", EXAMPLES),
        bytes=roster.exchange.bytes.total() - bytes_before,
        seconds=time.monotonic() - started,
        answered=tuple(sorted(n for n in map(roster.name, trained.answers) if n not in failed)),
        failed=failed,
    )


def _mean(figures: MetricRecord, total: str, count: str) -> float | None:
    sums = {name: float(v) for name, v in figures.items() if isinstance(v, int | float)}
    return sums[total] / sums[count] if sums.get(count) else None
