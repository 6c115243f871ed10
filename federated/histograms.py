"""Gradient histograms of a bank's coded records, at the nodes that the coordinator asks for."""

from __future__ import annotations

import numpy as np
from numba import njit

from credit.errors import FederationError
from federated.bins import Bins
from federated.tree_questions import TreeQuestion


class CodedRecords:
    """A bank's records as codes of the common bins, and the leaf of each in the trees that grow.

    Raises FederationError where nothing was agreed about bins.
    """

    def __init__(self, edges: tuple[tuple[float, ...], ...] | None, X: np.ndarray):
        if edges is None:
            raise FederationError("the agreement has no bins: start the training again")
        bins = Bins(edges)
        self.starts, self.width = bins.starts, 3 * int(bins.starts[-1])
        # Where the sums of each record's bins begin in a row of all sums: one addition less in the hot loop.
        kind = np.uint16 if self.width <= 2**16 else np.uint32
        self.places = (3 * (bins.codes(X) + self.starts[:-1])).astype(kind)
        self._parted: dict[int, PartedRecords] = {}

    def histograms(self, g: np.ndarray, h: np.ndarray, asked: list[TreeQuestion]) -> np.ndarray:
        """Sums of g, h and records by bin of each wanted node, shape (W, bins, 3); additive over records.

        g and h are (K, n); tree k boosts margin k.
        """
        found = np.zeros((sum([len(question.wanted) for question in asked]), self.width))
        for question in asked:
            k = question.tree
            if question.features > self.places.shape[1] or question.leaves > len(question.steps) + 1:
                raise FederationError("a node of no tree, or of other features, was asked for")
            if k not in self._parted:
                self._parted[k] = PartedRecords(len(self.places))
            known = self._parted[k].prepare(question)
            _grow(found, self.places, self.starts, g[k], h[k], *known, question.steps, question.wanted)
        return found.reshape(len(found), -1, 3)


class PartedRecords:
    """The numbers of the records leaf by leaf, each leaf's ascending, and where leaves begin and end."""

    def __init__(self, records: int):
        self.rows, self.spare = np.arange(records, dtype=np.int32), np.empty(records, np.int32)
        self.ends, self.path = np.array([[0, records]], np.int64), b""

    def prepare(self, question: TreeQuestion) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        """Rows, ends and spare room for a tree of the question's steps, and how many of these have been done.

        Where the last question was of another tree, all begins afresh.
        """
        done = len(self.path) * len(question.steps) // max(1, len(question.path))
        if not question.path.startswith(self.path):
            done, self.rows[:], self.ends[0] = 0, np.arange(len(self.rows)), (0, len(self.rows))
        if len(self.ends) <= len(question.steps):
            self.ends = np.concatenate([self.ends, np.zeros((len(question.steps) + 1, 2), np.int64)])
        self.path = question.path
        return self.rows, self.ends, self.spare, done


@njit(cache=True, nogil=True)
def _grow(found, places, starts, g, h, rows, ends, spare, done, steps, wanted):
    """Part the records by the steps that are new, and sum up those of the wanted leaves."""
    for number in range(done, len(steps)):
        _part(places, starts, rows, ends, spare, steps[number], number + 1)
    for slot, leaf in wanted:
        _sum_up(found[slot], places, rows[ends[leaf, 0] : ends[leaf, 1]], g, h)


@njit(cache=True, nogil=True)
def _sum_up(found, places, rows, g, h):
    """Add to `found` the derivatives of the records of these rows, and their number, by bin."""
    for row in rows:
        own, own_g, own_h = places[row], g[row], h[row]
        for feature in range(len(own)):
            place = np.intp(own[feature])
            found[place] += own_g
            found[place + 1] += own_h
            found[place + 2] += 1.0


@njit(cache=True, nogil=True)
def _part(places, starts, rows, ends, spare, step, new):
    """Divide a leaf: its left side keeps its number, the right one becomes leaf `new`."""
    leaf, feature, code, nan_left = step
    limit, missing = 3 * (starts[feature] + code), 3 * (starts[feature + 1] - 1)
    begin, end = ends[leaf]
    left, right = begin, 0
    for place in range(begin, end):
        # Written to both sides, counted on one: no branch for the processor to guess.
        row = rows[place]
        value = places[row, feature]
        goes_left = np.intp((value <= limit) & (value != missing) | (value == missing) & (nan_left == 1))
        rows[left] = spare[right] = row
        left += goes_left
        right += 1 - goes_left
    rows[left:end] = spare[:right]
    ends[leaf, 1] = left
    ends[new, 0], ends[new, 1] = left, end
