"""A document as PDF, set by reportlab with the fonts that matplotlib carries: nothing else is needed."""

from __future__ import annotations

import io
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, SimpleDocTemplate

from registry.document import Block, Document, Picture, Section, Text
from registry.pdf_picture import PagePicture
from registry.pdf_style import BOLD, GREY, MARGIN, PLAIN, paragraph, register_fonts
from registry.pdf_table import page_table

# A heading never stands alone at the foot of a page.
BELOW_HEADING = 45 * mm


def to_pdf(document: Document) -> bytes:
    """A4 pages with page numbers; the same bytes for the same document."""
    register_fonts()
    buffer = io.BytesIO()
    pages = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN - 6,
        rightMargin=MARGIN - 6,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=document.title,
        invariant=1,
    )
    story: list[Flowable] = [
        paragraph(document.title, 18, BOLD, after=2),
        paragraph(document.subtitle, 9, after=10, colour=GREY),
    ]
    for number, section in enumerate(document.sections, 1):
        story += _section(number, section)
    pages.build(story, onFirstPage=_foot(document.foot), onLaterPages=_foot(document.foot))
    return buffer.getvalue()


def _section(number: int, section: Section) -> list[Flowable]:
    heading = paragraph(f"{number}. {section.title}", 13, BOLD, before=12, after=5)
    blocks = [flowable for block in section.blocks for flowable in _block(block)]
    return [CondPageBreak(BELOW_HEADING), heading, *blocks]


def _block(block: Block) -> list[Flowable]:
    if isinstance(block, Text):
        return [paragraph(block.text, 9, after=5)]
    return [PagePicture(block)] if isinstance(block, Picture) else page_table(block)


def _foot(text: str):
    def draw(canvas: Any, pages: Any) -> None:
        canvas.saveState()
        canvas.setFont(PLAIN, 7)
        canvas.setFillColor(colors.HexColor(GREY))
        canvas.drawString(MARGIN, 10 * mm, text)
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"page {canvas.getPageNumber()}")
        canvas.restoreState()

    return draw
