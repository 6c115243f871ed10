"""The name of a registered model, which its Bento has too, so that it keeps BentoML's rules for names."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

PATTERN = r"^[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?$"
RULE = "at most 63 lower-case letters, digits and _.- between letters or digits"
ModelName = Annotated[str, Field(pattern=PATTERN)]


def is_model_name(text: str) -> bool:
    """Whether a Bento can be named `text`."""
    return re.fullmatch(PATTERN, text) is not None
