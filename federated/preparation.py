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
from federated.bins import level_edges, quantile_edges
from federated.roster import Roster
from federated.sketch import REFINEMENTS, first_grid, refined_grid


def agree(
    roster: Roster,
    family: str,
    spec: FeatureSpec,
    seed: int,
    params: dict[str, Any],
    bins: int | None = None,
) -> Agreement:
    """The agreement over the roster's banks, told to each of them; `bins` is the most bins of a feature.

    Raises FederationError below the quorum.
    """
    counts = summed_counts(roster, spec)
    encoding = Encoding.fit(spec.features, counts)
    scale = _standardisation(roster, encoding, spec) if family == "logistic" else None
    edges = _bin_edges(roster, encoding, bins) if bins else None
    agreement = Agreement(family, encoding, base_margin(counts.outcomes), seed, params, scale, edges)
    roster.settle(agreement)
    return agreement


def summed_counts(roster: Roster, spec: FeatureSpec) -> OutcomeCounts:
    """All banks' train records by category level and outcome."""
    return _empty_counts(spec).with_vector(summed(roster, "counts", RecordDict()))


def summed(roster: Roster, kind: str, content: RecordDict) -> np.ndarray:
    """The sum over banks of the answers to an additive question, added in order of bank name."""
    replies = roster.exchange.ask(kind, dict.fromkeys(roster.nodes, content))
    answers = roster.require(replies, f"banks answered {kind}")
    return np.sum([messages.sums(answer.content) for answer in answers], axis=0)


def _standardisation(roster: Roster, encoding: Encoding, spec: FeatureSpec) -> Standardisation:
    question = messages.pack(encoding=json.dumps(encoding.to_dict()))
    moments = summed(roster, "moments", question).reshape(3, -1)
    return Standardisation.fit(moments, logged_mask(spec))


def _bin_edges(roster: Roster, encoding: Encoding, bins: int) -> tuple[tuple[float, ...], ...]:
    """Upper edges of each feature's bins: between a category's levels, at the quantiles of numbers."""
    known = {f: level_edges([*values.values()]) for f, values in encoding.levels.items()}
    known = {f: edges for f, edges in known.items() if len(edges) < bins}
    # Of a feature whose edges are known nothing needs to be counted.
    grids = [np.empty(0) if f in known else first_grid() for f in encoding.features]
    counts = _cell_counts(roster, encoding, grids)
    for _ in range(REFINEMENTS):
        grids = [
            g if f in known else refined_grid(g, c)
            for f, g, c in zip(encoding.features, grids, counts, strict=True)
        ]
        counts = _cell_counts(roster, encoding, grids)
    return tuple(
        known[f] if f in known else quantile_edges(g, c, bins)
        for f, g, c in zip(encoding.features, grids, counts, strict=True)
    )


def _cell_counts(roster: Roster, encoding: Encoding, grids: list[np.ndarray]) -> list[np.ndarray]:
    """Records of all banks by cell of each feature's grid."""
    sizes = np.array([len(grid) for grid in grids])
    question = messages.pack(
        {"edges": np.concatenate(grids), "sizes": sizes}, encoding=json.dumps(encoding.to_dict())
    )
    return np.split(summed(roster, "cells", question), np.cumsum(sizes + 1)[:-1])


def _empty_counts(spec: FeatureSpec) -> OutcomeCounts:
    n_classes = len(spec.classes)
    table = {f: np.zeros((len(names) + 1, n_classes)) for f, names in spec.levels.items()}
    return OutcomeCounts(spec.levels, table, np.zeros(n_classes))
