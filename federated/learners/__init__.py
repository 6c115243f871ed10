"""What trains inside a bank."""

from __future__ import annotations

from dataclasses import asdict
from importlib import import_module
from typing import Any

from credit.errors import FederationError
from credit.features import FeatureSpec
from federated.learners.protocol import TreeLearner

PARAMS = {
    "logistic": "LogisticParams",
    "lightgbm": "LightGBMParams",
    "catboost": "CatBoostParams",
}
TREES = {"lightgbm": "LightGBMLearner", "catboost": "CatBoostLearner"}


def params_of(family: str, given: Any = None) -> dict[str, Any]:
    """The family's parameter dataclass `given`, or its defaults, as plain values.

    Raises FederationError for an unknown family, or for another family's parameters.
    """
    kind = _named(family, PARAMS)
    if given is not None and not isinstance(given, kind):
        raise FederationError(f"{family} takes {kind.__name__}, not {type(given).__name__}")
    return asdict(given or kind())


def tree_learner(family: str, params: dict[str, Any], spec: FeatureSpec, threads: int = 1) -> TreeLearner:
    """The learner of a tree family with `params`, as `params_of` gives them.

    A monotone direction says how a feature moves the margin of default; with a margin a class it has no
    meaning and is left out. Raises FederationError for a family without trees.
    """
    n_margins = 1 if len(spec.classes) == 2 else len(spec.classes)
    columns = {feature: column for column, feature in enumerate(spec.features)}
    directions = {columns[f]: sign for f, sign in spec.monotone.items() if f in columns}
    return _named(family, TREES)(
        _named(family, PARAMS)(**params),
        n_margins,
        directions if n_margins == 1 else {},
        threads,
    )


def _named(family: str, names: dict[str, str]) -> Any:
    if family not in names:
        raise FederationError(f"unknown family {family!r}; known are {', '.join(names)}")
    return getattr(import_module(f"federated.learners.{family}"), names[family])
