"""A document as PDF, set by reportlab with the fonts that matplotlib carries: nothing else is needed."""

from __future__ import annotations

import io
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image, KeepTogether, LongTable, Paragraph, SimpleDocTemplate, Spacer

from registry.document import Block, Document, Picture, Section, Table, Text

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
TALLEST = 90 * mm
PADDING = 13.0
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
LINE, SHADE = colors.HexColor("#d0d7de"), colors.HexColor("#f6f8fa")
MARKS = {"failed": colors.HexColor("#ffebe9"), "warning": colors.HexColor("#fff8c5")}


def to_pdf(document: Document) -> bytes:
    """A4 pages with page numbers; the same bytes for the same document."""
    _fonts()
    buffer = io.BytesIO()
    pages = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=document.title,
        invariant=1,
    )
    story: list[Any] = [
        Paragraph(escape(document.title), _style(18, BOLD, after=2)),
        Paragraph(escape(document.subtitle), _style(9, PLAIN, after=10, colour="#57606a")),
    ]
    for number, section in enumerate(document.sections, 1):
        story += _section(number, section)
    pages.build(story, onFirstPage=_foot(document.foot), onLaterPages=_foot(document.foot))
    return buffer.getvalue()


def _section(number: int, section: Section) -> list[Any]:
    heading = Paragraph(f"{number}. {escape(section.title)}", _style(13, BOLD, before=12, after=5))
    blocks = [flowable for block in section.blocks for flowable in _block(block)]
    # A heading never stands alone at the foot of a page; a long table may part below it.
    first = blocks[:1] if blocks and not isinstance(blocks[0], LongTable) else []
    return [KeepTogether([heading, *first]), *blocks[len(first) :]]


def _block(block: Block) -> list[Any]:
    if isinstance(block, Text):
        return [Paragraph(escape(block.text), _style(9, PLAIN, after=5))]
    caption = Paragraph(escape(block.caption), _style(8.5, BOLD, before=5, after=3))
    if isinstance(block, Picture):
        return [KeepTogether([caption, _image(block)]), Spacer(1, 3 * mm)]
    caption.keepWithNext = 1  # type: ignore[attr-defined]
    return [caption, _table(block), Spacer(1, 3 * mm)]


def _image(picture: Picture) -> Image:
    width, height = ImageReader(io.BytesIO(picture.png)).getSize()
    scale = min(WIDTH / width, TALLEST / height, 0.5)
    image = Image(io.BytesIO(picture.png), width * scale, height * scale)
    image.hAlign = "LEFT"
    return image


def _table(table: Table) -> LongTable:
    size = 7.5 if len(table.head()) <= 6 else 6.5
    style, right = _style(size, PLAIN), _style(size, PLAIN, right=True)
    number, rows = table.is_number(), table.rows()
    head = [Paragraph(escape(name), _style(size, BOLD)) for name in table.head()]
    body = [
        [Paragraph(escape(t), right if n else style) for t, n in zip(row, number, strict=True)]
        for row in rows
    ]
    shades = [
        ("BACKGROUND", (0, i), (-1, i), colour)
        for i, row in enumerate(rows, 1)
        for mark, colour in MARKS.items()
        if mark in row
    ]
    common = [
        ("GRID", (0, 0), (-1, -1), 0.4, LINE),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    return LongTable(
        [head, *body],
        _widths([table.head(), *rows], size),
        style=[*common, *shades],
        repeatRows=1,
        hAlign="LEFT",
    )


def _widths(texts: list[list[str]], size: float) -> list[float]:
    """Column widths: no word is parted, and what room is left goes to the columns that want it."""

    def width(text: str) -> float:
        return pdfmetrics.stringWidth(text, BOLD, size) + PADDING

    columns = list(zip(*texts, strict=True))
    least = [max(width(word) for text in c for word in (text.split() or [""])) for c in columns]
    least = [min(w, WIDTH / 3) for w in least]
    wanted = [max(max(map(width, c)), w) for c, w in zip(columns, least, strict=True)]
    if sum(wanted) <= WIDTH:
        return wanted
    if sum(least) > WIDTH:
        return [w * WIDTH / sum(least) for w in least]
    room, more = WIDTH - sum(least), sum(wanted) - sum(least)
    return [low + (high - low) * room / more for low, high in zip(least, wanted, strict=True)]


def _style(
    size: float,
    font: str,
    *,
    before: float = 0,
    after: float = 0,
    right: bool = False,
    colour: str = "#1f2328",
) -> ParagraphStyle:
    return ParagraphStyle(
        f"{font}{size}",
        fontName=font,
        fontSize=size,
        leading=size * 1.35,
        spaceBefore=before,
        spaceAfter=after,
        alignment=2 if right else 0,
        textColor=colors.HexColor(colour),
    )


def _foot(text: str):
    def draw(canvas: Any, pages: Any) -> None:
        canvas.saveState()
        canvas.setFont(PLAIN, 7)
        canvas.setFillColor(colors.HexColor("#57606a"))
        canvas.drawString(MARGIN, 10 * mm, text)
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"page {canvas.getPageNumber()}")
        canvas.restoreState()

    return draw


def _fonts() -> None:
    from pathlib import Path

    import matplotlib

    if PLAIN in pdfmetrics.getRegisteredFontNames():
        return
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
