"""What the coordinator asks of a part of every bank's records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flwr.app import RecordDict

from credit.errors import FederationError
from credit.features import PARTS
from credit.models import Model
from federated import messages
from federated.model_message import model_files, model_of


@dataclass(frozen=True)
class Question:
    """A figure's name, a part, the model (None where the figure needs none), and further terms, plain values.

    Raises FederationError for an unknown part.
    """

    figure: str
    part: str
    model: Model | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.part not in PARTS:
            raise FederationError(f"unknown part {self.part!r}; known are {', '.join(PARTS)}")

    @property
    def needed_model(self) -> Model:
        """The model; raises FederationError where none was sent."""
        if self.model is None:
            raise FederationError(f"the figure {self.figure!r} needs a model")
        return self.model

    def pack(self) -> RecordDict:
        """The question as a message's content."""
        files = model_files(self.model) if self.model else {}
        return messages.pack(files, figure=self.figure, part=self.part, terms=json.dumps(dict(self.terms)))

    @classmethod
    def of(cls, content: RecordDict) -> Question:
        """The question of a message."""
        asked, files = messages.config(content), messages.blobs(content)
        terms = json.loads(asked["terms"])
        return cls(str(asked["figure"]), str(asked["part"]), model_of(files) if files else None, terms)
