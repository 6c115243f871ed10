"""An empty figure in the house's looks, and its PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"local": "#9aa5b1", "federated": "#1f6feb", "personalised": "#1a7f37", "pooled": "#d29922"}
DASHES = {"logistic": ":", "lightgbm": "-", "catboost": "--"}
BAD, GRID = "#cf222e", "#d0d7de"
DPI = 144
"""pixels an inch: sharp on paper too"""
WIDTH = 7.5
"""inches that fill a page of the report, so that type of 8 points stays legible there"""


def blank(width: float, height: float, title: str, x: str, y: str) -> tuple[Figure, Axes]:
    """A figure of `width` by `height` inches with titled axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def bars_height(count: int, pitch: float = 0.17) -> float:
    """Inches that so many horizontal bars need, `pitch` inches each, with title and axis; six at least."""
    return 1.2 + pitch * max(count, 6)


def png(figure: Figure) -> bytes:
    """The figure as PNG; the same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
