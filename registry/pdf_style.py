"""How a PDF looks: A4, its margins, the fonts that matplotlib carries, its colours."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

MARGIN = 18 * mm
# What a frame of these margins, with its own padding of 6 points, leaves.
WIDTH, HEIGHT = A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN - 12
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
TEXT, GREY = "#1f2328", "#57606a"
LINE, SHADE = colors.HexColor("#d0d7de"), colors.HexColor("#f6f8fa")
MARKS = {"failed": colors.HexColor("#ffebe9"), "warning": colors.HexColor("#fff8c5")}


def paragraph(
    text: str,
    size: float,
    font: str = PLAIN,
    *,
    before: float = 0,
    after: float = 0,
    right: bool = False,
    colour: str = TEXT,
) -> Paragraph:
    """Plain `text` of `size` points, with so many points of room before and after it."""
    style = ParagraphStyle(
        f"{font}{size}",
        fontName=font,
        fontSize=size,
        leading=size * 1.35,
        spaceBefore=before,
        spaceAfter=after,
        alignment=2 if right else 0,
        textColor=colors.HexColor(colour),
    )
    return Paragraph(escape(text), style)


def register_fonts() -> None:
    """Tell reportlab of the two fonts, once a process."""
    import matplotlib

    if PLAIN in pdfmetrics.getRegisteredFontNames():
        return
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
