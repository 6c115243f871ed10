"""Answers as vectors to be masked and summed, and sums as the answers that strategies expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flwr.app import RecordDict

from credit.errors import FederationError
from federated import messages
from federated.messages import ARRAYS, EXAMPLES, KINDS, METRICS, SUMS
from federated.privacy.noise import NoiseTerms

WEIGHTS, HELD = "weights", "round"
# Sums of squares and weighted weights outgrow the range of one fixed-point number: they take two.
WIDE = {"moments", "weights"}
LIMB = 2.0**20
MOST = 2.0**24


@dataclass(frozen=True)
class MaskingTerms:
    """What a bank insists on: so many banks behind every sum, no figure of its own in clear, noise on sums."""

    min_banks: int = 3
    noise: NoiseTerms | None = None


def masking_terms(masked: bool, min_banks: int, noise: float | None) -> MaskingTerms | None:
    """The terms of a consortium's or a bank's settings, None where figures travel in clear."""
    if not masked:
        return None
    return MaskingTerms(min_banks, NoiseTerms(noise, min_banks) if noise else None)


def is_masked(kind: str) -> bool:
    """Whether answers of `kind` travel masked: all that only the sum is needed of, and logistic weights."""
    return KINDS[kind].additive or kind == "weights"


def to_vector(kind: str, content: RecordDict) -> np.ndarray:
    """The figures of an answer as one additive vector: weights times records, sums, or summed losses."""
    parts = []
    if kind == "weights":
        weights, examples = messages.arrays(content)[WEIGHTS], messages.metrics(content)[EXAMPLES]
        parts = [examples * weights.ravel(), [examples]]
    else:
        if ARRAYS in content.array_records:
            parts.append(messages.sums(content).ravel())
        parts.append([value for name, value in _figures(content).items()])
    vector = np.concatenate([np.asarray(p, float) for p in parts])
    return _limbs(vector) if kind in WIDE else _within(vector)


def from_vector(kind: str, vector: np.ndarray, example: RecordDict) -> RecordDict:
    """The answer whose figures are `vector`, in the shape of `example`."""
    values = _whole(vector) if kind in WIDE else vector
    content = RecordDict(dict(example))
    if kind == "weights":
        total = float(values[-1])
        shape = messages.arrays(example)[WEIGHTS].shape
        return messages.pack({WEIGHTS: (values[:-1] / (total or 1.0)).reshape(shape)}, {EXAMPLES: total})
    names = list(_figures(example))
    if len(values) > len(names):
        content[ARRAYS] = messages.pack({SUMS: values[: len(values) - len(names)]})[ARRAYS]
    if METRICS in example.metric_records:
        figures = dict(zip(names, values[len(values) - len(names) :].tolist(), strict=True))
        content[METRICS] = messages.pack(metrics=messages.metrics(example) | figures)[METRICS]
    return content


def shape_only(kind: str, content: RecordDict) -> RecordDict:
    """An answer in clear but for its figures: their names, the shape of weights, the round the bank holds."""
    blank = RecordDict()
    if kind == "weights":
        blank[ARRAYS] = messages.pack({WEIGHTS: np.zeros(messages.arrays(content)[WEIGHTS].shape)})[ARRAYS]
    if METRICS in content.metric_records:
        zeros = dict.fromkeys(_figures(content), 0.0)
        blank[METRICS] = messages.pack(metrics=messages.metrics(content) | zeros)[METRICS]
    return blank


def _figures(content: RecordDict) -> dict[str, float]:
    """The figures to be summed; the round that a bank holds is none."""
    if METRICS not in content.metric_records:
        return {}
    return {name: value for name, value in sorted(messages.metrics(content).items()) if name != HELD}


def _within(vector: np.ndarray) -> np.ndarray:
    if not np.isfinite(vector).all() or np.abs(vector).max(initial=0.0) > MOST:
        raise FederationError(f"a figure is beyond {MOST:,.0f}, the most that can be masked")
    return vector


def _limbs(vector: np.ndarray) -> np.ndarray:
    high = np.rint(vector / LIMB)
    return _within(np.concatenate([high, vector - high * LIMB]))


def _whole(vector: np.ndarray) -> np.ndarray:
    high, low = np.split(vector, 2)
    return high * LIMB + low
