"""Ranges of numbers as people write them."""

from __future__ import annotations

GROUPED_FROM = 10_000
"""below, digits stand ungrouped, so that a year reads as one"""


def limits(bounds: tuple[float | None, float | None]) -> str:
    """A range in words: `1 to 10,000,000`, `at least 0`, `at most 2014`."""
    low, high = (None if bound is None else written(bound) for bound in bounds)
    if low is None:
        return f"at most {high}" if high is not None else "any number"
    return f"at least {low}" if high is None else f"{low} to {high}"


def written(number: float) -> str:
    """`10000000.0` as `10,000,000`, `0.25` as it is."""
    return f"{number:,.15g}" if abs(number) >= GROUPED_FROM else f"{number:.15g}"
