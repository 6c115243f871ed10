"""Before the first round: the agreement, made of the banks' summed counts and moments."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from flwr.app import RecordDict

from credit.encoding import Encoding, OutcomeCounts
from credit.features import FeatureSpec
from credit.models.logistic import Standardisation
from federated import messages
from federated.agreement import Agreement, base_margin, logged_mask
from federated.roster import Roster


def agree(roster: Roster, family: str, spec: FeatureSpec, seed: int, params: dict[str, Any]) -> Agreement:
    """The agreement over the roster's banks, told to each of them.

    Raises FederationError below the quorum.
    """
    counts = _empty_counts(spec).with_vector(summed(roster, "counts", RecordDict()))
    encoding = Encoding.fit(spec.features, counts)
    scale = _standardisation(roster, encoding, spec) if family == "logistic" else None
    agreement = Agreement(family, encoding, base_margin(counts.outcomes), seed, params, scale)
    roster.settle(agreement)
    return agreement


def summed(roster: Roster, kind: str, content: RecordDict) -> np.ndarray:
    """The sum over banks of the answers to an additive question, added in order of bank name."""
    replies = roster.exchange.ask(kind, dict.fromkeys(roster.nodes, content))
    answers = roster.require(replies, f"banks answered {kind}")
    return np.sum([messages.sums(answer.content) for answer in answers], axis=0)


def _standardisation(roster: Roster, encoding: Encoding, spec: FeatureSpec) -> Standardisation:
    question = messages.pack(encoding=json.dumps(encoding.to_dict()))
    return Standardisation.fit(summed(roster, "moments", question), logged_mask(spec))


def _empty_counts(spec: FeatureSpec) -> OutcomeCounts:
    n_classes = len(spec.classes)
    table = {f: np.zeros((len(names) + 1, n_classes)) for f, names in spec.levels.items()}
    return OutcomeCounts(spec.levels, table, np.zeros(n_classes))
