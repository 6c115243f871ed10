"""A document as PDF, set by reportlab with the fonts that matplotlib carries: nothing else is needed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, SimpleDocTemplate

from registry.document import Block, Document, Picture, Section, Text
from registry.pdf_picture import PagePicture, PictureAndTable
from registry.pdf_style import BOLD, GREY, HEIGHT, MARGIN, PLAIN, WIDTH, paragraph, register_fonts
from registry.pdf_table import page_table

# A heading stands above so much of its section at least.
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
    blocks = _blocks(section.blocks)
    return [CondPageBreak(max(BELOW_HEADING, _height([heading]) + _beginning(blocks))), heading, *blocks]


def _blocks(blocks: Sequence[Block]) -> list[Flowable]:
    made: list[Flowable] = []
    for block in blocks:
        if isinstance(block, Text):
            made.append(paragraph(block.text, 9, after=5))
        elif isinstance(block, Picture):
            made.append(PagePicture(block))
        elif made and isinstance(picture := made[-1], PagePicture):
            made[-1] = PictureAndTable(picture, page_table(block))
        else:
            made += page_table(block)
    return made


def _beginning(blocks: list[Flowable]) -> float:
    """The height of a section's first paragraphs with the beginning of the table that they introduce."""
    texts = list(takewhile(lambda flowable: isinstance(flowable, Paragraph), blocks))
    after = blocks[len(texts)] if len(texts) < len(blocks) else None
    # The condition of a table is the room that its beginning takes.
    return _height(texts) + after.height if isinstance(after, CondPageBreak) else 0.0


def _height(texts: Sequence[Flowable]) -> float:
    return sum(t.wrap(WIDTH, HEIGHT)[1] + t.getSpaceBefore() + t.getSpaceAfter() for t in texts)


def _foot(text: str):
    def draw(canvas: Any, pages: Any) -> None:
        canvas.saveState()
        canvas.setFont(PLAIN, 7)
        canvas.setFillColor(colors.HexColor(GREY))
        canvas.drawString(MARGIN, 10 * mm, text)
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"page {canvas.getPageNumber()}")
        canvas.restoreState()

    return draw
