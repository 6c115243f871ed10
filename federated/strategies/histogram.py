"""Histograms: the pooled model itself, from gradient histograms summed over banks."""

from __future__ import annotations

import zlib
from functools import reduce

import numpy as np
from flwr.app import Message

from federated.agreement import Agreement
from federated.bins import Bins
from federated.growth import Growth, Tree, grow_trees, leaf_values, native_splits, roots
from federated.learners.protocol import TreeLearner
from federated.leaves import refitted_values
from federated.roster import Roster
from federated.strategies.trees import SummingStrategy
from federated.tree_questions import NODES, packed_nodes


class Histogram(SummingStrategy):
    """Level-wise boosting on summed histograms: a tree takes as many exchanges as it has levels.

    A round opens with the root of its first tree. The banks that answer for a tree's root stand behind all
    of it: where one of them falls silent on the way, the tree ends at the last level they all answered for.
    """

    def __init__(self, learner: TreeLearner, roster: Roster, steps: int, agreement: Agreement):
        super().__init__(learner, roster, steps)
        features = len(agreement.encoding.features)
        directions = np.array([learner.monotone.get(f, 0) for f in range(features)])
        bins, limits = Bins(agreement.bins or ()), learner.shrinkage
        self.growth = Growth(bins, learner.most_leaves, limits, directions, learner.symmetric)

    def open_round(self, nodes: list[int]) -> list[Message]:
        asked = {NODES: packed_nodes(*roots(self.learner.n_margins))}
        return self.messages("histograms", nodes, arrays=asked)

    def step(self, nodes: list[int], opening: list[Message]) -> bytes:
        behind = nodes

        def ask(splits: np.ndarray, wanted: np.ndarray) -> np.ndarray | None:
            nonlocal behind, opening
            if opening:
                sums, opening = self.vectors(opening), []
            else:
                sums = self.sums("histograms", behind, arrays={NODES: packed_nodes(splits, wanted)})
            if len(splits) and len(sums) < len(behind):
                return None
            behind = [*sums]
            return reduce(np.add, sums.values()).reshape(len(wanted), -1, 3)

        trees = grow_trees(self.learner.n_margins, self.growth, ask)
        bins = self.growth.bins
        blob = self.learner.grown([native_splits(tree, bins) for tree in trees], len(bins.edges))
        blob = self.learner.with_values(blob, self._values(blob, trees))
        if self.judging:
            self.sums("leaf_sums", behind, len(trees), arrays={"candidates": zlib.compress(blob)})
        return blob

    def _values(self, blob: bytes, trees: list[Tree]) -> np.ndarray:
        """Values of all outputs, as `with_values` takes them."""
        if not self.growth.symmetric:
            return np.concatenate([leaf_values(tree, self.growth.shrinkage) for tree in trees])
        sums = np.stack([[leaf.total for leaf in tree.leaves] for tree in trees], axis=1).reshape(-1, 3)
        structures = self.learner.structures(blob)
        return refitted_values(structures, sums, self.growth.shrinkage, self.learner.monotone)
