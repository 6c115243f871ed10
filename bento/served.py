"""The package that is served now, and the one before it."""

from __future__ import annotations

import gc
import logging
import threading
from pathlib import Path

from bento.problems import Problem
from bento.scorer import Scorer
from credit.errors import FedCreditError
from credit.manifest import NAME as MANIFEST

logger = logging.getLogger("fedcredit.service")


class Served:
    """Holds the scorer that answers; without one, every answer is 503.

    A request keeps the scorer it began with: a change is one assignment, and no answer mixes two models.
    """

    def __init__(self) -> None:
        self.scorer: Scorer | None = None
        self.former: Scorer | None = None
        self.folder = Path()
        self._changing = threading.Lock()

    def start(self, folder: Path) -> None:
        """Load the package the service starts with; where it is damaged, log why and stay without a model."""
        self.folder = folder
        try:
            self.change(folder)
        except FedCreditError as error:
            logger.error("No model is served: %s", error)

    def change(self, folder: Path) -> Scorer:
        """Serve the package in `folder` once it has proven itself; the one that was served stands by.

        Raises FedCreditError where it is damaged, fails its self-test, or answers to another contract; the
        served package then stays.
        """
        with self._changing:
            fresh = self.load(folder)
            self._put(fresh)
            return fresh

    def follow(self, folder: Path) -> None:
        """Serve the package in `folder` unless it is the one that is served. Raises FedCreditError as `change`."""
        served = self.scorer.package.documents.get(MANIFEST) if self.scorer else None
        manifest = folder / MANIFEST
        if served is None or not manifest.is_file() or manifest.read_bytes() != served:
            self.change(folder)

    def load(self, folder: Path) -> Scorer:
        """The proven package in `folder`, not served yet. Raises FedCreditError as `change` does."""
        fresh = Scorer.load(folder)
        if self.scorer is not None and fresh.contract.name != self.scorer.contract.name:
            raise FedCreditError(
                f"{folder} is of contract {fresh.contract.name}: clients send another one's fields"
            )
        return fresh

    def roll_back(self) -> Scorer:
        """Serve the package before this one again. Raises FedCreditError where there is none."""
        with self._changing:
            if self.former is None:
                raise FedCreditError("no former model is at hand")
            self._put(self.former)
            assert self.scorer is not None
            return self.scorer

    def current(self) -> Scorer:
        """The scorer. Raises Problem 503 where no model is loaded."""
        if self.scorer is None:
            raise Problem(503, "no model is loaded", headers={"Retry-After": "30"})
        return self.scorer

    def _put(self, scorer: Scorer) -> None:
        self.former, self.scorer = self.scorer, scorer
        settle_memory()
        version = scorer.version
        logger.info("Serving %s version %s (%s)", version.model, version.version, version.family)


def settle_memory() -> None:
    """Take what is loaded out of the garbage collector's rounds, and make these rare."""
    # What is loaded stays: the collector would visit it again and again, which shows in the slowest requests.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)
