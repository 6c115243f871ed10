"""What an honest answer can hold: finite figures, declared counts, sums that so many records can give."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flwr.app import ArrayRecord, MetricRecord, RecordDict
from numba import njit

from federated import messages
from federated.array_bytes import from_array

# No step of boosting moves a margin that far: e^50 to one.
MOST_STEP = 50.0
SLACK = 1e-6
GRADIENT_FAULTS = (
    "a sum of gradients exceeds its number of records",
    "a sum of second derivatives is outside 0 to {0.most_hessian:g} a record",
    "a count is outside 0 to {0.train:,}, the declared train records",
)
LEAVES = re.compile(rb'leaf_values?"?\s*[=:]\s*\[?([^\n\]]*)')


@dataclass(frozen=True)
class Declared:
    """The records, by part, that a bank (or the banks behind a masked sum) made known at the start.

    `most_hessian` bounds a record's second derivative of the log loss: 1/4, with C classes C / 4 (C - 1).
    """

    train: int
    validation: int
    most_hessian: float = 0.25


Check = Callable[[np.ndarray, Declared], str | None]


def fault_of(kind: str, content: RecordDict, declared: Declared) -> str | None:
    """Why an answer of `kind` cannot be an honest one, in words; None where it can."""
    for record in content.values():
        if isinstance(record, ArrayRecord):
            fault = _array_fault(kind, record, declared)
        elif isinstance(record, MetricRecord):
            fault = _figure_fault(kind, record, declared)
        else:
            continue
        if fault:
            return fault
    return None


def _array_fault(kind: str, record: ArrayRecord, declared: Declared) -> str | None:
    check = SUM_CHECKS.get(kind)
    for name, array in record.items():
        if check and name == messages.SUMS:
            fault = _sums_fault(check, from_array(array), declared)
        else:
            blob = array.stype == messages.BLOB_TYPE
            found = _steps_fault(array.data) if blob else _finite(from_array(array))
            fault = found and f"{name} {found}"
        if fault:
            return fault
    return None


def _sums_fault(check: Check, sums: np.ndarray, declared: Declared) -> str | None:
    """What `check` finds; it passes nothing that is no number, and which rule that breaks says little."""
    fault = check(sums, declared)
    found = fault and _finite(sums)
    return f"{messages.SUMS} {found}" if found else fault


def _finite(values: np.ndarray) -> str | None:
    return None if np.isfinite(values).all() else "holds values that are no numbers"


def _figure_fault(kind: str, record: MetricRecord, declared: Declared) -> str | None:
    own = declared.validation if kind == "losses" else declared.train
    most = {messages.EXAMPLES: own, "train-examples": declared.train}
    for name, value in record.items():
        if isinstance(value, list) or not math.isfinite(value):
            return f"{name} is {value}, not a number"
        if name in most and not 0 <= value <= most[name]:
            return f"{name} is {value:,.0f}, but the bank declared {most[name]:,} records at the start"
    return None


def _steps_fault(blob: bytes) -> str | None:
    """What is wrong with the leaf values of trees, in either library's text."""
    for found in LEAVES.finditer(blob):
        steps = np.array(found[1].replace(b",", b" ").split(), float)
        if not np.isfinite(steps).all():
            return "holds leaf values that are no numbers"
        if steps.size and np.abs(steps).max() > MOST_STEP:
            return f"moves a margin by {np.abs(steps).max():.3g}; at most {MOST_STEP:g} is allowed"
    return None


def counts_fault(sums: np.ndarray, declared: Declared) -> str | None:
    """Counts lie between 0 and the declared number of train records."""
    if not (sums.min(initial=0.0) >= -SLACK and sums.max(initial=0.0) <= declared.train + SLACK):
        return f"a count is outside 0 to {declared.train:,}, the declared train records"
    return None


def moments_fault(sums: np.ndarray, declared: Declared) -> str | None:
    """Counts are counts, and sum^2 <= count * sum of squares (Cauchy-Schwarz)."""
    count, total, squares = np.reshape(sums, (3, -1))
    if not np.isfinite(sums).all() or (total**2 > count * squares * (1 + SLACK) + SLACK).any():
        return "a sum exceeds what its count and sum of squares allow"
    return counts_fault(count, declared)


def gradient_fault(sums: np.ndarray, declared: Declared) -> str | None:
    """Triples (sum g, sum h, count): |g| <= 1 and 0 <= h <= `most_hessian` bound them by the count."""
    found = _first_fault(sums.reshape(-1, 3), declared.most_hessian, float(declared.train))
    return GRADIENT_FAULTS[found].format(declared) if found >= 0 else None


@njit(cache=True, nogil=True)
def _first_fault(triples, steepest, most):
    """The number of the first rule in GRADIENT_FAULTS that is broken, below zero where none is."""
    in_g = in_h = in_count = True
    for i in range(len(triples)):
        g, h, count = float(triples[i, 0]), float(triples[i, 1]), float(triples[i, 2])
        slack = SLACK * (1.0 + count)
        in_g &= abs(g) <= count + slack
        in_h &= (h >= -slack) & (h <= steepest * count + slack)
        in_count &= (count >= -SLACK) & (count <= most + SLACK)
    return 0 if not in_g else 1 if not in_h else 2 if not in_count else -1


def leaf_sums_fault(sums: np.ndarray, declared: Declared) -> str | None:
    """Triples by leaf of the train records, then of the validation records."""
    train, validation = np.split(sums, 2)
    behind = Declared(declared.validation, 0, declared.most_hessian)
    return gradient_fault(train, declared) or gradient_fault(validation, behind)


SUM_CHECKS: dict[str, Check] = {
    "counts": counts_fault,
    "moments": moments_fault,
    "cover": counts_fault,
    "cells": counts_fault,
    "leaf_sums": leaf_sums_fault,
    "histograms": gradient_fault,
}
