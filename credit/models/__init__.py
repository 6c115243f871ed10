"""Credit models of each family behind one face; libraries load when a family is first used."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from credit.encoding import Encoding
from credit.errors import ModelError
from credit.models.model import Model, class_probabilities, read_head

FAMILIES = {
    "logistic": "LogisticModel",
    "scorecard": "ScorecardModel",
    "lightgbm": "LightGBMModel",
    "catboost": "CatBoostModel",
}


def load_model(folder: Path) -> Model:
    """The model that `Model.save` wrote into `folder`.

    Raises ModelError where the folder is damaged or the family is unknown.
    """
    head = read_head(folder)
    if head["family"] not in FAMILIES:
        raise ModelError(f"{folder}: unknown family {head['family']!r}; known are {', '.join(FAMILIES)}")
    module = import_module(f"credit.models.{head['family']}")
    kind: type[Model] = getattr(module, FAMILIES[head["family"]])
    return kind.load_native(
        folder / kind.native_file, Encoding.from_dict(head["encoding"]), tuple(head["classes"])
    )


__all__ = ["FAMILIES", "Model", "class_probabilities", "load_model", "read_head"]
