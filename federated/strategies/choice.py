"""Which strategy serves a family, with which parameters by default."""

from __future__ import annotations

from typing import Any

from credit.errors import FederationError
from federated.agreement import Agreement
from federated.learners.protocol import TreeLearner
from federated.roster import Roster
from federated.strategies import STRATEGIES
from federated.strategies.fedavg import TreeFedAvg
from federated.strategies.histogram import Histogram
from federated.strategies.leaf_refit import LeafRefit
from federated.strategies.trees import TreeStrategy

# Averaging over banks damps every step: at a rate of .3 the same loss takes half the rounds and trees.
SUITED: dict[tuple[str, str], dict[str, Any]] = {
    ("fedavg", "lightgbm"): {"learning_rate": 0.3},
    ("fedavg", "catboost"): {"learning_rate": 0.3},
    ("leaf_refit", "lightgbm"): {"learning_rate": 0.1},
    ("leaf_refit", "catboost"): {"learning_rate": 0.1},
    ("histogram", "lightgbm"): {"max_bin": 64},
}
TREES_PER_ROUND = {"fedavg": 2, "leaf_refit": 5, "histogram": 5}


def served_strategy(strategy: str, family: str) -> str:
    """`strategy`, or the nearest one that serves `family`.

    Logistic regression has weights to average. Raises FederationError for an unknown strategy.
    """
    if strategy not in STRATEGIES:
        raise FederationError(f"unknown strategy {strategy!r}; known are {', '.join(STRATEGIES)}")
    return "fedavg" if family == "logistic" else strategy


def suited_params(strategy: str, family: str) -> dict[str, Any]:
    """What a strategy changes in the family's default parameters."""
    return SUITED.get((strategy, family), {})


def most_bins(strategy: str, params: dict[str, Any]) -> int | None:
    """The most bins of a feature, where the strategy needs common ones; a code of them takes a byte."""
    asked = params.get("max_bin") or params.get("border_count")
    return min(int(asked), 254) if strategy == "histogram" and asked else None


def tree_strategy(
    name: str,
    learner: TreeLearner,
    roster: Roster,
    trees_per_round: int | None,
    agreement: Agreement,
    trees_per_exchange: int | None = None,
) -> TreeStrategy:
    """The tree strategy of this name; None takes its own number of trees a round.

    `trees_per_exchange` is how many trees `leaf_refit` takes from one exchange of sums (None: a round's).
    """
    trees = trees_per_round or TREES_PER_ROUND[name]
    if name == "fedavg":
        return TreeFedAvg(learner, trees)
    if name == "leaf_refit":
        return LeafRefit(learner, roster, trees, agreement.seed, min(trees_per_exchange or trees, trees))
    return Histogram(learner, roster, trees, agreement)
