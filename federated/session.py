"""One training between coordinator and banks: begun afresh, or gone on with after the coordinator was killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from flwr.app import ArrayRecord
from flwr.serverapp.strategy import Strategy

from federated.agreement import Agreement
from federated.checkpoint import Checkpoint, Progress, Saved, deltas_of
from federated.roster import Roster
from federated.rounds import OnRound, RoundPlan, RoundsResult, run_rounds


class Session:
    """Banks that hold the agreement, and the checkpoint (None: none) of their training.

    Without a saved state the banks make the agreement by `agree`. Raises FederationError below the quorum,
    and for a checkpoint that is damaged or another training's.
    """

    def __init__(self, roster: Roster, agree: Callable[[], Agreement], checkpoint: Checkpoint | None = None):
        self.roster, self.checkpoint, self._agree = roster, checkpoint, agree
        self._saved = checkpoint.load() if checkpoint else None
        if self._saved is None:
            roster.gather()
            self.agreement = agree()
        else:
            self.agreement = self._resume(self._saved)

    def run(
        self, strategy: Strategy, arrays: ArrayRecord, plan: RoundPlan, on_round: OnRound | None
    ) -> RoundsResult:
        """Run the rounds of `plan` that are not done yet, keeping each round."""
        progress = self._saved.progress if self._saved else None
        if self._saved:
            deltas_of(strategy)[:] = self._saved.deltas
        keep = None if self.checkpoint is None else lambda state: self._keep(strategy, state)
        return run_rounds(self.roster, strategy, arrays, plan, on_round, progress, keep)

    def begin_afresh(self) -> None:
        """Agree anew among the banks that are left, and forget the rounds so far."""
        self._saved = None
        self.agreement = self._agree()

    def end(self) -> None:
        """Forget the checkpoint: the model is there."""
        if self.checkpoint:
            self.checkpoint.clear()

    def _resume(self, saved: Saved) -> Agreement:
        self.roster.expected = saved.expected
        self.roster.expelled = dict(saved.expelled)
        self.roster.exchange.bytes = Counter(saved.bytes_by_kind)
        self.roster.exchange.releases = Counter(saved.releases)
        self.roster.gather()
        self.roster.settle(saved.agreement)
        return saved.agreement

    def _keep(self, strategy: Strategy, state: Progress) -> None:
        assert self.checkpoint is not None
        exchange = self.roster.exchange
        self.checkpoint.save(
            Saved(
                agreement=self.agreement,
                expected=self.roster.expected or 1,
                bytes_by_kind=exchange.bytes,
                releases=exchange.releases,
                progress=state,
                deltas=deltas_of(strategy),
                expelled=self.roster.expelled,
            )
        )
