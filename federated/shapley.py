"""Shapley values (Shapley 1953) of a game: exact for few players, by sampled permutations for many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb

import numpy as np

EXACT_UP_TO, SHIFTS = 8, 24

Value = Callable[[frozenset[int]], float]


@dataclass(frozen=True)
class Shares:
    """What each player adds on average, shape (players,), and the standard error of a sampled share (0: exact)."""

    values: np.ndarray
    errors: np.ndarray


def shapley_values(players: int, value: Value, seed: int, blocks: int = 2) -> Shares:
    """The players' shares in `value` of all of them less `value` of none; the shares add up to it.

    Above EXACT_UP_TO players they come from sampled orders, in blocks of one order's rotations: within a
    block a player comes once at each of SHIFTS places, or at every place where players are no more than that.
    What it adds depends on the place above all, so that blocks differ little.
    """
    known = cache(value)
    if players <= EXACT_UP_TO:
        return Shares(_exact(players, known), np.zeros(players))
    rng, rows = np.random.default_rng(seed), []
    for _ in range(blocks):
        order = rng.permutation(players)
        shifts = np.linspace(0, players, min(players, SHIFTS), endpoint=False).astype(int)
        rows.append(np.mean([_marginal(np.roll(order, shift), known) for shift in shifts], axis=0))
    spread = np.std(rows, axis=0, ddof=1) if blocks > 1 else np.full(players, np.nan)
    return Shares(np.mean(rows, axis=0), spread / np.sqrt(blocks))


def _exact(players: int, value: Value) -> np.ndarray:
    shares = np.zeros(players)
    for player in range(players):
        others = [p for p in range(players) if p != player]
        for size in range(players):
            weight = 1.0 / (players * comb(players - 1, size))
            for chosen in combinations(others, size):
                without = frozenset(chosen)
                shares[player] += weight * (value(without | {player}) - value(without))
    return shares


def _marginal(order: np.ndarray, value: Value) -> np.ndarray:
    """What each player adds to those before it."""
    steps = [value(frozenset(order[:n].tolist())) for n in range(len(order) + 1)]
    shares = np.zeros(len(order))
    shares[order] = np.diff(steps)
    return shares
