"""The package that is served now."""

from __future__ import annotations

import gc
import logging
from pathlib import Path

from bento.problems import Problem
from bento.scorer import Scorer
from credit.errors import FedCreditError

logger = logging.getLogger("fedcredit.service")


class Served:
    """Holds the scorer that answers; without one, every answer is 503."""

    def __init__(self) -> None:
        self.scorer: Scorer | None = None

    def start(self, folder: Path) -> None:
        """Load the package the service starts with; where it is damaged, log why and stay without a model."""
        try:
            self.scorer = Scorer.load(folder)
        except FedCreditError as error:
            logger.error("No model is served: %s", error)
            return
        _settle_memory()
        version = self.scorer.version
        logger.info("Serving %s version %s (%s)", version.model, version.version, version.family)

    def current(self) -> Scorer:
        """The scorer. Raises Problem 503 where no model is loaded."""
        if self.scorer is None:
            raise Problem(503, "no model is loaded", headers={"Retry-After": "30"})
        return self.scorer


def _settle_memory() -> None:
    # What is loaded stays: the collector would visit it again and again, which shows in the slowest requests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)
