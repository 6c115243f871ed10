"""Looks from time to time whether another package stands at a source, and hands it over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from bento.sources import Source

logger = logging.getLogger("fedcredit.service")


class Watcher:
    """Gives each package that appears at `source` to `take`, once.

    What is not there yet, or is refused, is tried again at the next look: a copy may be in progress. The log tells
    of it once.
    """

    def __init__(self, source: Source, take: Callable[[Path], object], name: str):
        self._source, self._take, self._name = source, take, name
        self._taken = self._told = ""

    def look(self) -> bool:
        """Whether a package was taken over."""
        try:
            identity = self._source.find()
            if identity == self._taken:
                self._told = ""
                return False
            self._take(self._source.fetch(identity))
        # Whatever is wrong there must not end the watching.
        except Exception as error:
            self._tell(f"{type(error).__name__}: {error}")
            return False
        self._taken, self._told = identity, ""
        logger.info("Took over the %s at %s", self._name, identity)
        return True

    async def run(self, seconds: float) -> None:
        """Look every so many seconds, until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(seconds)

    def _tell(self, why: str) -> None:
        if why != self._told:
            logger.warning("The %s stays as it is, no other one can be taken over: %s", self._name, why)
        self._told = why
