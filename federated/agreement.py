"""What coordinator and banks agree on before the first round, all of it from sums over banks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from credit.encoding import Encoding
from credit.features import FeatureSpec
from credit.models.logistic import Standardisation


@dataclass(frozen=True)
class Agreement:
    """The common ground of one training.

    `base` is the constant margin training starts from, one value a margin; `params` are the learner's
    parameters; `standardisation` is only there for the logistic family, and `bins`, upper edges by
    feature, where trees are grown from histograms.
    """

    family: str
    encoding: Encoding
    base: tuple[float, ...]
    seed: int
    params: dict[str, Any]
    standardisation: Standardisation | None = None
    bins: tuple[tuple[float, ...], ...] | None = None

    def to_json(self) -> str:
        data = asdict(self) | {"encoding": self.encoding.to_dict()}
        if self.standardisation is not None:
            data["standardisation"] = {k: v.tolist() for k, v in vars(self.standardisation).items()}
        return json.dumps(data)

    @classmethod
    def from_json(cls, text: str) -> Agreement:
        data = json.loads(text)
        scale = data["standardisation"]
        if scale is not None:
            scale = Standardisation(
                np.array(scale["logged"], bool),
                np.array(scale["mean"]),
                np.array(scale["scale"]),
            )
        return cls(
            data["family"],
            Encoding.from_dict(data["encoding"]),
            tuple(data["base"]),
            data["seed"],
            data["params"],
            scale,
            None if data["bins"] is None else tuple(tuple(edges) for edges in data["bins"]),
        )


def base_margin(outcomes: np.ndarray) -> tuple[float, ...]:
    """Log odds of default (two classes), or log share of each class, from outcome counts, shape (C,).

    Where a class has no record, half a record is added to each (Haldane 1956), so that all stay finite.
    """
    counts = outcomes + 0.5 if (outcomes == 0).any() else outcomes
    if len(counts) == 2:
        return (float(np.log(counts[1] / counts[0])),)
    return tuple(np.log(counts / counts.sum()).tolist())


def logged_mask(spec: FeatureSpec) -> np.ndarray:
    """Which of the features are amounts on a log scale, shape (F,)."""
    return np.array([f in spec.logged for f in spec.features])
