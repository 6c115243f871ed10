"""One call that trains one model over many banks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import ArrayRecord
from flwr.serverapp import Grid

from credit.errors import FederationError
from credit.features import BankRecords, FeatureSpec
from credit.models import Model
from credit.models.logistic import LogisticModel
from federated import messages
from federated.checkpoint import Checkpoint
from federated.client_app import bank_app
from federated.engines.inprocess import InProcessGrid
from federated.exchange import Exchange
from federated.learners import params_of, tree_learner
from federated.preparation import agree, summed
from federated.privacy.accounting import PrivacySpent, privacy_spent
from federated.privacy.masking import MaskingTerms
from federated.privacy.noise import steadied
from federated.reports import RoundReport
from federated.roster import BankIdentity, BanksExpelled, Roster
from federated.rounds import OnRound, RoundPlan, RoundsResult
from federated.session import Session
from federated.site import BankSite
from federated.strategies.choice import most_bins, served_strategy, suited_params, tree_strategy
from federated.strategies.fedavg import logistic_fedavg
from federated.strategies.trees import TreeStrategy
from federated.tally import Tally
from federated.tasks.logistic import WEIGHTS
from federated.trust import POISONED, distrusted_at_start


@dataclass(frozen=True)
class FederatedModel:
    """The model that a training gave, and how it came about.

    The model holds the rounds up to `best_round`, that of the lowest validation loss. `refused` gives the
    reason, by bank, for those that could take no part at all, `expelled` for those among them that were
    shut out for what they sent, `left_out` the last one for which an answer of a bank could not be used;
    `privacy` is what was spent where sums carried noise.
    """

    model: Model
    rounds: list[RoundReport]
    best_round: int
    bytes_by_kind: dict[str, int]
    banks: dict[str, BankIdentity]
    refused: dict[str, str]
    expelled: dict[str, str]
    left_out: dict[str, str]
    privacy: PrivacySpent | None = None


def inprocess_grid(
    banks: Sequence[BankRecords],
    spec: FeatureSpec,
    workers: int | None = None,
    masking: MaskingTerms | None = None,
) -> InProcessGrid:
    """A grid of `banks` inside this process; what is trained does not depend on `workers`.

    With `masking` terms the banks give additive figures to masked sums only.
    """
    sites = [BankSite(records, spec) for records in banks]
    app = bank_app(lambda context: sites[int(str(context.node_config["bank"]))], masking)
    return InProcessGrid(app, [{"bank": number} for number in range(len(sites))], workers)


def train_federated(
    family: str,
    grid: Grid,
    spec: FeatureSpec,
    *,
    strategy: str = "fedavg",
    rounds: int = 30,
    trees_per_round: int | None = None,
    trees_per_exchange: int | None = None,
    patience: int | None = None,
    seed: int = 0,
    params: Any = None,
    quorum: float = 1.0,
    expected: int | None = None,
    wait: float = 600.0,
    gather_wait: float = 0.0,
    on_round: OnRound | None = None,
    checkpoint: Path | None = None,
    most_records: int | None = None,
    masking: MaskingTerms | None = None,
) -> FederatedModel:
    """Train `family` over the banks of `grid`; the same seed and answers give the same bytes.

    `strategy` is one of STRATEGIES; a family that it does not serve takes the nearest one that does.
    `leaf_refit` takes `trees_per_exchange` trees from one exchange of sums (None: all of a round's).
    `params` is the family's parameter dataclass (None: what suits the strategy).
    `quorum` is the share of the `expected` banks (default: those there at the start) that must answer
    every exchange; `wait` bounds an exchange and `gather_wait` the wait for missing banks, in seconds.
    Encoding and base rate come from the banks there at the start; a bank that joins later takes them as
    they are. `checkpoint` is a file from which the same call goes on where a killed one stopped, to the
    same bytes; it is gone when the training ends. `most_records` caps what a bank may declare of a part.
    With `masking` terms the coordinator learns sums over banks, by SecAgg+, where it needs no more; without,
    a bank whose sums show that it is poisoned is shut out, and the training begins afresh without it.

    Raises FederationError below the quorum, for an unknown family or strategy, and for noise on fedavg.
    """
    strategy = served_strategy(strategy, family)
    if masking and masking.noise and strategy == "fedavg":
        raise FederationError(
            f"noise has no bound for {family} by fedavg: train trees by leaf_refit or histogram"
        )
    plain_params = params_of(family, params) | (suited_params(strategy, family) if params is None else {})
    if masking and masking.noise:
        plain_params = steadied(plain_params, strategy, spec, masking.noise)
    roster = Roster(Exchange(grid, wait, masking), spec.contract, quorum, expected, gather_wait, most_records)
    purpose = {"family": family, "strategy": strategy, "trees_per_round": trees_per_round, "seed": seed}
    purpose |= {"trees_per_exchange": trees_per_exchange}
    purpose |= {"params": plain_params, "contract": spec.contract, "masking": repr(masking)}
    session = Session(
        roster,
        lambda: agree(roster, family, spec, seed, plain_params, most_bins(strategy, plain_params)),
        Checkpoint(checkpoint, purpose) if checkpoint else None,
    )
    plan, train = RoundPlan(rounds, patience), _train_logistic
    if family != "logistic":
        build = partial(
            tree_strategy,
            strategy,
            roster=roster,
            trees_per_round=trees_per_round,
            trees_per_exchange=trees_per_exchange,
        )
        train = partial(_train_trees, build=build)
    while True:
        try:
            model, result = train(session, spec, plan, on_round)
            break
        except BanksExpelled:
            session.begin_afresh()
    session.end()
    return FederatedModel(
        model=model,
        rounds=result.reports,
        best_round=result.best,
        bytes_by_kind=dict(roster.exchange.bytes),
        banks={bank.name: bank for bank in roster.banks.values()},
        refused=roster.by_name(roster.refused),
        expelled=roster.expelled,
        left_out=roster.left_out,
        privacy=_spent(roster.exchange, strategy),
    )


def _spent(exchange: Exchange, strategy: str) -> PrivacySpent | None:
    noise = exchange.masking.noise if exchange.masking else None
    return privacy_spent(noise, exchange.releases, strategy == "leaf_refit") if noise else None


def _train_logistic(
    session: Session,
    spec: FeatureSpec,
    plan: RoundPlan,
    on_round: OnRound | None,
) -> tuple[Model, RoundsResult]:
    agreement = session.agreement
    start = np.zeros((len(agreement.base), len(spec.features) + 1))
    start[:, -1] = agreement.base
    content, scale = messages.pack({WEIGHTS: start}), agreement.standardisation
    assert scale is not None
    _judge(session.roster, spec, LogisticModel(agreement.encoding, spec.classes, start, scale))
    result = session.run(logistic_fedavg(), content.array_records[messages.ARRAYS], plan, on_round)
    weights = result.arrays[WEIGHTS].numpy()
    return LogisticModel(agreement.encoding, spec.classes, weights, scale), result


def _judge(roster: Roster, spec: FeatureSpec, start: LogisticModel) -> None:
    """Shut out the banks that their gradients at the model `start` show to be poisoned. Raises BanksExpelled."""
    if roster.exchange.masking:
        return
    *others, default = start.weights[:, -1]
    intercept = default - (np.log(np.exp(others).sum()) if others else 0.0)
    weights = np.append(np.zeros(len(spec.features)), intercept)
    sums = Tally(roster, spec)("newton", "train", start, weights=weights.tolist()).by_bank
    squares = {name: vector.reshape(len(weights) + 1, -1) for name, vector in sums.items()}
    roster.expel(distrusted_at_start(squares), POISONED)


def _train_trees(
    session: Session,
    spec: FeatureSpec,
    plan: RoundPlan,
    on_round: OnRound | None,
    build: Callable[..., TreeStrategy],
) -> tuple[Model, RoundsResult]:
    agreement = session.agreement
    learner = tree_learner(agreement.family, agreement.params, spec)
    strategy = build(learner=learner, agreement=agreement)
    result = session.run(strategy, ArrayRecord(), plan, on_round)
    trees = strategy.trees(result.best)
    cover = summed(session.roster, "cover", messages.pack({"trees": trees}))
    return learner.finish(trees, agreement.base, cover, agreement.encoding, spec.classes), result
