"""The rounds of a training: train, evaluate, stop when the banks' summed validation loss stops falling."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flwr.app import ArrayRecord, ConfigRecord, MetricRecord
from flwr.serverapp.strategy import Strategy

from credit.errors import FederationError
from federated.checkpoint import Progress
from federated.messages import EXAMPLES
from federated.reports import RoundReport
from federated.roster import Roster


@dataclass(frozen=True)
class RoundPlan:
    """At most `rounds` rounds; stop after `patience` without a lower validation loss (None: never)."""

    rounds: int
    patience: int | None = None

    def settled(self, state: Progress) -> bool:
        """Whether `patience` rounds have gone by without a lower validation loss."""
        return self.patience is not None and state.done > 0 and state.done - state.best >= self.patience


@dataclass(frozen=True)
class RoundsResult:
    """The best round by validation loss (the last without validation records), and its arrays."""

    best: int
    arrays: ArrayRecord
    reports: list[RoundReport]


OnRound = Callable[[RoundReport], None]
OnProgress = Callable[[Progress], None]


def run_rounds(
    roster: Roster,
    strategy: Strategy,
    arrays: ArrayRecord,
    plan: RoundPlan,
    on_round: OnRound | None = None,
    progress: Progress | None = None,
    on_progress: OnProgress | None = None,
) -> RoundsResult:
    """Run `plan` with `strategy` on the roster's banks, starting from `arrays` or going on from `progress`.

    `on_progress` gets the state after each round, before `on_round` reports it. Raises FederationError in
    the first round that fewer banks than the quorum answer, and where no round has a finite validation
    loss.
    """
    if plan.rounds < 1:
        raise FederationError(f"a training needs at least one round, not {plan.rounds}")
    state = progress or Progress(arrays, arrays)
    while state.done < plan.rounds and not plan.settled(state):
        state.arrays, report = _round(state.done + 1, roster, strategy, state.arrays)
        _note(state, report)
        if on_progress:
            on_progress(state)
        if on_round:
            on_round(report)
    if not state.best:
        raise FederationError("no round had a finite validation loss: look for a bank with damaged records")
    return RoundsResult(state.best, state.best_arrays, state.reports)


def _note(state: Progress, report: RoundReport) -> None:
    """Count the round in, and keep its arrays where no round before had a lower validation loss."""
    state.done = report.round
    state.reports.append(report)
    loss = report.validation_loss
    if loss is None or loss < state.best_loss:
        state.best, state.best_arrays = report.round, state.arrays
        state.best_loss = state.best_loss if loss is None else loss


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

    inner: dict[int, str] = getattr(strategy, "failures", {})
    evaluated = roster.exchange.send(strategy.configure_evaluate(number, after, config, grid))
    scored = roster.require(evaluated, f"banks evaluated round {number}")
    figures = strategy.aggregate_evaluate(number, scored) or MetricRecord()

    failed = roster.by_name(roster.refused | failures | inner | trained.failures | evaluated.failures)
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
