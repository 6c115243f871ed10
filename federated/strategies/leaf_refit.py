"""Leaf refit: banks propose tree structures, all banks' sums of derivatives give the leaves their values.

The model holds one tree a step, not one a bank, and its leaves are those that Newton boosting (Friedman 2001,
Chen & Guestrin 2016) would give this structure on the pooled records.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable

import numpy as np
from flwr.app import Message

from credit.errors import FederationError
from federated import messages
from federated.learners.protocol import Structure, TreeLearner
from federated.leaves import COUNT, loss_change, refitted_values
from federated.roster import Roster
from federated.strategies.trees import SummingStrategy
from federated.voting import trimmed_votes

# So many proposals more than trees that are kept: there is a choice, and a poor proposal is left out.
SPARE = 2


class LeafRefit(SummingStrategy):
    """Boosting by the best of the structures proposed a step, refitted over all banks.

    The best `kept` of them enter the model, each with the step of one tree: several spare slow links
    exchanges and proposals. Their steps together stay within one Newton step. Proposers take turns, so that
    mid-size banks' structures are among the candidates.
    """

    def __init__(self, learner: TreeLearner, roster: Roster, trees: int, seed: int, kept: int = 1):
        super().__init__(learner, roster, math.ceil(trees / kept))
        self.seed, self.kept, self.candidates = seed, kept, kept + SPARE

    def open_round(self, nodes: list[int]) -> list[Message]:
        turn = self.proposers(nodes)
        asked = self.messages("propose", turn, trees=self.trees_of_each(nodes), bare=True)
        return asked + self.messages("propose", set(nodes) - set(turn), trees=0)

    def proposers(self, nodes: list[int]) -> list[int]:
        """This step's proposers: the next of a shuffled order of the banks, again and again."""
        turn, n = len(self.deltas) * self.candidates, max(1, len(nodes))
        places = range(turn, turn + min(self.candidates, len(nodes)))
        orders = {p // n: np.random.default_rng([self.seed, p // n]).permutation(n) for p in places}
        return list(dict.fromkeys(nodes[orders[p // n][p % n]] for p in places))

    def trees_of_each(self, nodes: list[int]) -> int:
        """Few banks propose several trees each, boosted one after the other."""
        return math.ceil(self.candidates / max(1, min(self.candidates, len(nodes))))

    def step(self, nodes: list[int], opening: list[Message]) -> bytes:
        proposals = self._trees(opening) or self._proposals(nodes)
        joined = self._joined(proposals)
        trees = len(self.learner.structures(joined)) * self.learner.n_margins
        sums = self.sums("leaf_sums", nodes, trees, arrays={"candidates": zlib.compress(joined)})
        refits, changes, records = self._judged(proposals, np.stack([*sums.values()]))
        votes = trimmed_votes(changes, records)
        ranked = np.argsort(votes, kind="stable")[: self.kept]
        # A tree that the banks would be better off without is left out, unless there is no other.
        best = [p for p in ranked if votes[p] <= 0.0] or ranked[:1]
        weight = min(1.0, 1.0 / (len(best) * self.learner.shrinkage.step))
        return self.learner.combine([refits[p] for p in best], [weight] * len(best))

    def _proposals(self, nodes: list[int]) -> list[bytes]:
        """Structures of this step's proposers, or of whoever can propose."""
        for turn in (self.proposers(nodes), nodes):
            asked = self.ask("propose", turn, trees=self.trees_of_each(nodes), bare=True)
            proposals = self._trees(asked)
            if proposals:
                return proposals
        raise FederationError(
            "no bank proposed a tree: " + "; ".join(self.roster.by_name(self.failures).values())
        )

    def _judged(self, proposals: list[bytes], sums: np.ndarray) -> tuple[list[bytes], np.ndarray, np.ndarray]:
        """The proposals with refitted values, what each adds to each bank's validation loss, the banks' records.

        `sums` has a row a bank; the changes are of shape (banks, proposals).
        """
        learner, refits, changes = self.learner, [], []
        train, validation = np.moveaxis(sums.reshape(len(sums), 2, -1, 3), 1, 0)
        judged, total = validation if validation.any() else train, train.sum(axis=0)
        start = 0
        for blob in proposals:
            structures = learner.structures(blob)
            own = slice(start, start := start + _outputs(structures))
            values = refitted_values(structures, total[own], learner.shrinkage, learner.monotone)
            refits.append(learner.with_values(blob, values))
            changes.append(loss_change(judged[:, own], values))
        records = judged[..., COUNT].sum(axis=1)
        return refits, np.array(changes).T, records

    def _trees(self, answers: Iterable[Message]) -> list[bytes]:
        blobs = [messages.blobs(answer.content).get("trees") for answer in answers]
        return [
            tree
            for blob in blobs
            if blob is not None
            for tree in self.learner.single_trees(blob)[: self.candidates]
        ]

    def _joined(self, proposals: list[bytes]) -> bytes:
        return self.learner.combine(proposals, [1.0] * len(proposals))


def _outputs(structures: list[Structure]) -> int:
    return sum(s.leaves * len(s.margins) for s in structures)
