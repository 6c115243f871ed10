"""What the learners of both tree libraries are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Params = TypeVar("Params")


@dataclass(frozen=True)
class Boosting(Generic[Params]):
    """How trees are boosted: `monotone` is the direction, 1 or -1, of the columns that have one."""

    params: Params
    n_margins: int
    monotone: dict[int, int]
    threads: int
