"""A picture on a page of a PDF, by itself or before a table."""

from __future__ import annotations

import io

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable
from reportlab.platypus.doctemplate import NullActionFlowable

from credit.canvas import DPI
from registry.document import Picture
from registry.pdf_style import GREY, HEIGHT, WIDTH, paragraph

# A picture gives up so much of its size, and no more, to stay on the page that it is due on.
LEAST = 0.8
ROOM = 6.0


class PagePicture(Flowable):
    """A picture in its natural size above its caption, or smaller where that saves the rest of a page."""

    def __init__(self, picture: Picture):
        super().__init__()
        self.image = ImageReader(io.BytesIO(picture.png))
        self.caption = paragraph(picture.caption, 8, colour=GREY)
        self.caption_height = self.caption.wrap(WIDTH, HEIGHT)[1]
        pixels = self.image.getSize()
        most = min(WIDTH / pixels[0], (HEIGHT - self.caption_height - 2 * ROOM) / pixels[1])
        self.natural = [side * min(72 / DPI, most) for side in pixels]

    @property
    def beside(self) -> float:
        """The height of all but the picture itself."""
        return self.caption_height + 2 * ROOM

    @property
    def least(self) -> float:
        """The height without which it goes to the next page."""
        return self.beside + LEAST * self.natural[1]

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        scale = min(1.0, max((aH - self.beside) / self.natural[1], LEAST))
        self.drawn = [side * scale for side in self.natural]
        return aW, self.drawn[1] + self.beside

    def draw(self) -> None:
        width, height = self.drawn
        self.canv.drawImage(self.image, 0, self.caption_height + ROOM, width, height)
        self.caption.drawOn(self.canv, 0, ROOM)


class PictureAndTable(Flowable):
    """A picture and the table after it; where the picture is due on the next page, the table fills this one."""

    def __init__(self, picture: PagePicture, table: list[Flowable]):
        super().__init__()
        self.picture, self.table = picture, table

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        # More than any page has: it is always split, which is when the room that is left is known.
        return aW, 2 * A4[1]

    def split(self, aW: float, aH: float) -> list[Flowable]:
        fits = self.picture.least <= aH
        return [NullActionFlowable(), *([self.picture, *self.table] if fits else [*self.table, self.picture])]
