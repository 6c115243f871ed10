"""Looks from time to time whether another package stands at a source, and hands it over once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from bento.sources import Source, SourceError
from credit.errors import FedCreditError

logger = logging.getLogger("fedcredit.service")


class Watcher:
    """Gives each package that appears at `source` to `take`; one that is refused is not tried again."""

    def __init__(self, source: Source, take: Callable[[Path], object], name: str):
        self._source, self._take, self._name = source, take, name
        self._seen = ""
        self._silent = False

    def look(self) -> bool:
        """Whether a package was taken over."""
        try:
            identity = self._source.find()
            self._silent = False
            if identity == self._seen:
                return False
            folder = self._source.fetch(identity)
        except (SourceError, KeyError, ValueError) as error:
            self._complain(error)
            return False
        self._seen = identity
        return self._taken(folder, identity)

    async def run(self, seconds: float) -> None:
        """Look every so many seconds, until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(seconds)

    def _taken(self, folder: Path, identity: str) -> bool:
        try:
            self._take(folder)
        except FedCreditError as error:
            logger.error("The %s at %s is refused: %s", self._name, identity, error)
            return False
        logger.info("Took over the %s at %s", self._name, identity)
        return True

    def _complain(self, error: Exception) -> None:
        if not self._silent:
            logger.warning("The source of the %s can't be read: %s", self._name, error)
        self._silent = True
