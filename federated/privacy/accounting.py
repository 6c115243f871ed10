"""What a training has spent of its differential privacy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from federated.privacy.noise import NOISED, NoiseTerms

DELTA = 1e-6
# What says something of records and carries no noise: the splits that a bank proposes, and its number of records.
OUTSIDE = {"propose": "split features and thresholds of proposed trees", "identity": "numbers of records"}


@dataclass(frozen=True)
class PrivacySpent:
    """(epsilon, delta) of all noised sums of a training together, for a change of one record's values.

    `releases` counts them by kind; `outside` says what went between banks without noise, which no epsilon
    covers.
    """

    epsilon: float
    delta: float
    multiplier: float
    releases: dict[str, int]
    outside: dict[str, str]


def privacy_spent(
    terms: NoiseTerms, releases: Mapping[str, int], proposed: bool, delta: float = DELTA
) -> PrivacySpent:
    """The spending of `releases` sums by kind, by Renyi accounting (Mironov 2017) of Google's dp-accounting."""
    from dp_accounting import GaussianDpEvent
    from dp_accounting.rdp import RdpAccountant

    noised = {kind: count for kind, count in releases.items() if kind in NOISED}
    accountant = RdpAccountant()
    accountant.compose(GaussianDpEvent(terms.multiplier), max(sum(noised.values()), 1))
    outside = {kind: what for kind, what in OUTSIDE.items() if kind != "propose" or proposed}
    return PrivacySpent(float(accountant.get_epsilon(delta)), delta, terms.multiplier, noised, outside)
