"""Differential privacy of sums: Gaussian noise whose size follows from what one record can change.

For the log loss |g| <= 1 and 0 <= h <= 1/4 (with C classes C / 4 (C - 1)), so every sum's sensitivity is known
without a look at the records (Dwork and Roth 2014, Abadi et al. 2016). The number of a bank's records is taken
as public; neighbours differ in the value of one record.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from flwr.app import RecordDict
from scipy.special import ndtri

from credit.errors import FederationError
from credit.features import FeatureSpec
from federated import messages
from federated.figures import Question, figure_named
from federated.messages import METRICS, SUMS
from federated.tree_questions import NODES, unpacked_nodes

NOISED = ("counts", "cells", "cover", "tally", "leaf_sums", "histograms")
TRIPLES = ("leaf_sums", "histograms")
MOST_STEP = 4.0


@dataclass(frozen=True)
class NoiseTerms:
    """Gaussian noise on every sum over banks.

    `multiplier` is the noise's standard deviation over the sum's sensitivity. Each bank adds its share, so
    that any `banks` of them together add it all; noise therefore needs masked sums.
    """

    multiplier: float
    banks: int = 3


def noised_answer(
    kind: str, question: RecordDict, answer: RecordDict, spec: FeatureSpec, records: int, terms: NoiseTerms
) -> RecordDict:
    """`answer` with the bank's share of noise; losses, which no bound holds, are withheld.

    Raises FederationError for kinds whose sums have no bound.
    """
    if kind == "losses":
        kept = {name: (v if name == "round" else 0.0) for name, v in messages.metrics(answer).items()}
        answer[METRICS] = messages.pack(metrics=kept)[METRICS]
        return answer
    if kind not in NOISED:
        raise FederationError(f"noise has no bound for {kind}: train trees by leaf_refit or histogram")
    sums = messages.sums(answer)
    if kind == "tally":
        asked = Question.of(question)
        width = figure_named(asked.figure).span(asked, spec).sensitivity
    else:
        width = sensitivity(kind, question, sums, spec, records)
    share = terms.multiplier * width / math.sqrt(terms.banks)
    noisy = sums + share * gaussian(sums.size).reshape(sums.shape)
    answer[messages.ARRAYS] = messages.pack({SUMS: noisy})[messages.ARRAYS]
    return answer


def sensitivity(kind: str, question: RecordDict, sums: np.ndarray, spec: FeatureSpec, records: int) -> float:
    """The most, in the L2 norm, by which another value of one record can change an answer of `kind`."""
    margins = 1 if len(spec.classes) == 2 else len(spec.classes)
    triple = _triple(margins)
    hits: dict[str, Callable[[], float]] = {
        "counts": lambda: 1.0 + len(spec.levels),
        "cells": lambda: float(len(spec.features)),
        # Every record is in one leaf of each tree, whatever its values: this ratio tells nothing of it.
        "cover": lambda: sums.sum() / max(records, 1),
        "leaf_sums": lambda: triple * sums.reshape(2, -1, 3)[0, :, 2].sum() / max(records, 1),
        "histograms": lambda: triple * len(spec.features) * _trees(question),
    }
    return 2.0 * math.sqrt(hits[kind]())


def steadied(params: dict[str, Any], strategy: str, spec: FeatureSpec, terms: NoiseTerms) -> dict[str, Any]:
    """A tree family's parameters with penalty and smallest leaf well above the noise of a leaf's sums.

    A split's sums add the noise of up to 64 bins, so histograms need more of both.
    """
    margins = 1 if len(spec.classes) == 2 else len(spec.classes)
    hits, bins = (len(spec.features) * margins, 64) if strategy == "histogram" else (margins, 1)
    noise = terms.multiplier * 2.0 * math.sqrt(_triple(margins) * hits * bins)
    raised = {"lambda_l2": noise, "l2_leaf_reg": noise, "min_data_in_leaf": math.ceil(noise)}
    return {name: max(value, raised.get(name, value)) for name, value in params.items()}


def plausible(kind: str, sums: np.ndarray) -> np.ndarray:
    """Noisy sums moved to where sums can lie: counts are not negative, Newton steps |G| / H at most MOST_STEP.

    It looks at nothing but the noisy sums, so it spends no privacy.
    """
    if kind == "tally":
        # Fine bins are added up again: noise below zero makes good what lies above.
        return sums
    if kind not in TRIPLES:
        return np.maximum(sums, 0.0)
    triples = sums.reshape(-1, 3).copy()
    triples[:, 2] = np.maximum(triples[:, 2], 0.0)
    triples[:, 1] = np.maximum(triples[:, 1], np.abs(triples[:, 0]) / MOST_STEP)
    return triples.reshape(sums.shape)


def _triple(margins: int) -> float:
    """The most that one record's g, h and count are, squared and added."""
    return 2.0 + (0.25 if margins == 1 else 0.25 * margins / (margins - 1)) ** 2


def gaussian(size: int) -> np.ndarray:
    """Standard normal numbers from the system's own randomness, which cannot be foretold."""
    bits = np.frombuffer(os.urandom(8 * size), "<u8") >> np.uint64(11)
    return ndtri((bits.astype(float) + 0.5) / 2.0**53)


def _trees(question: RecordDict) -> int:
    _, wanted = unpacked_nodes(messages.blobs(question)[NODES])
    return len(np.unique(wanted[:, 0]))
