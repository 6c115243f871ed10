"""A table on the pages of a PDF."""

from __future__ import annotations

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import CondPageBreak, Flowable, LongTable, Spacer

from registry.document import Table
from registry.pdf_style import BOLD, LINE, MARKS, SHADE, WIDTH, paragraph

PADDING = 13.0
# A table that is no taller is not parted; a taller one begins where room is left for its head and some rows.
UNPARTED, BEGINNING = 60 * mm, 40 * mm
# A column to be written in is so wide, and its rows are so tall.
WRITING, WRITING_ROW = 45 * mm, 9 * mm


def page_table(table: Table) -> list[Flowable]:
    """The table under its caption; where it parts, caption and heads are repeated."""
    made = _table(table)
    tall = made.wrap(WIDTH, 0)[1]
    return [CondPageBreak(tall if tall <= UNPARTED else BEGINNING), made, Spacer(1, 3 * mm)]


def _table(table: Table) -> LongTable:
    size = 7.5 if len(table.head()) <= 6 else 6.5
    number, rows, columns = table.is_number(), table.rows(), len(table.head())
    caption = [paragraph(table.caption, 8.5, BOLD), *[""] * (columns - 1)]
    head = [paragraph(name, size, BOLD) for name in table.head()]
    body = [[paragraph(t, size, right=n) for t, n in zip(row, number, strict=True)] for row in rows]
    shades = [
        ("BACKGROUND", (0, i), (-1, i), colour)
        for i, row in enumerate(rows, 2)
        for mark, colour in MARKS.items()
        if mark in row
    ]
    common = [
        ("SPAN", (0, 0), (-1, 0)),
        ("LEFTPADDING", (0, 0), (-1, 0), 0),
        ("GRID", (0, 1), (-1, -1), 0.4, LINE),
        ("BACKGROUND", (0, 1), (-1, 1), SHADE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    blank = table.is_blank()
    heights = [None, None, *([WRITING_ROW if any(blank) else None] * len(rows))]
    return LongTable(
        [caption, head, *body],
        _widths([table.head(), *rows], size, blank),
        heights,
        style=[*common, *shades],
        repeatRows=2,
        hAlign="LEFT",
    )


def _widths(texts: list[list[str]], size: float, blank: list[bool]) -> list[float]:
    """Column widths: no word is parted, and what room is left goes to the columns that want it."""

    def width(text: str) -> float:
        return pdfmetrics.stringWidth(text, BOLD, size) + PADDING

    columns = list(zip(*texts, strict=True))
    least = [max(width(word) for text in c for word in (text.split() or [""])) for c in columns]
    least = [min(w, WIDTH / 3) for w in least]
    wanted = [max(max(map(width, c)), w) for c, w in zip(columns, least, strict=True)]
    wanted = [max(w, WRITING) if b else w for w, b in zip(wanted, blank, strict=True)]
    if sum(wanted) <= WIDTH:
        return wanted
    if sum(least) > WIDTH:
        return [w * WIDTH / sum(least) for w in least]
    return _shared(least, wanted)


def _shared(least: list[float], wanted: list[float]) -> list[float]:
    """Widths that fill a page: columns that want little get it, the others share what is left."""
    widths, room = list(least), WIDTH - sum(least)
    needs = [high - low for low, high in zip(least, wanted, strict=True)]
    for waiting, column in enumerate(sorted(range(len(needs)), key=needs.__getitem__)):
        more = min(needs[column], room / (len(needs) - waiting))
        widths[column], room = widths[column] + more, room - more
    return widths
