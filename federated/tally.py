"""Asking banks for additive figures of their records, and adding them up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from flwr.app import RecordDict
from flwr.serverapp import Grid

from credit.evaluation import ALL_BANKS
from credit.features import FeatureSpec
from credit.models import Model
from federated import messages
from federated.exchange import Exchange
from federated.figures import Question, Span, figure_named
from federated.privacy.accounting import PrivacySpent, privacy_spent
from federated.privacy.masking import MaskingTerms
from federated.roster import Roster


@dataclass(frozen=True)
class Sums:
    """A figure over all banks, shape (m,), and by bank where sums travel in clear; empty where they are masked."""

    total: np.ndarray
    by_bank: dict[str, np.ndarray]

    @property
    def by_bank_or_all(self) -> dict[str, np.ndarray]:
        """By bank where that is known, else of all banks as if of one."""
        return self.by_bank or {ALL_BANKS: self.total}


class Tally:
    """The banks of a roster, to be asked for figures.

    `alias` gives another name to a bank than it calls itself, and the order of banks.
    """

    def __init__(self, roster: Roster, spec: FeatureSpec, alias: dict[str, str] | None = None):
        self.roster, self.spec, self.alias = roster, spec, alias or {}
        self.masking = roster.exchange.masking
        self._usual = roster.exchange.check

    @classmethod
    def of_grid(
        cls,
        grid: Grid,
        spec: FeatureSpec,
        *,
        quorum: float = 1.0,
        expected: int | None = None,
        wait: float = 600.0,
        gather_wait: float = 0.0,
        most_records: int | None = None,
        masking: MaskingTerms | None = None,
        alias: dict[str, str] | None = None,
    ) -> Tally:
        """A tally of a grid's banks; parameters as of `train_federated`. Raises FederationError below the quorum."""
        exchange = Exchange(grid, wait, masking)
        roster = Roster(exchange, spec.contract, quorum, expected, gather_wait, most_records)
        roster.gather()
        return cls(roster, spec, alias)

    def __call__(self, figure: str, part: str, model: Model | None = None, **terms: Any) -> Sums:
        """The sums of `figure`, a name in `figures.FIGURES`, over `part` of the banks' records.

        Raises FederationError for an unknown figure or part, and below the quorum.
        """
        question = Question(figure, part, model, terms)
        span = figure_named(figure).span(question, self.spec)
        roster, exchange = self.roster, self.roster.exchange
        exchange.check = partial(self._fault, part, span)
        replies = exchange.ask("tally", dict.fromkeys(roster.nodes, question.pack()))
        exchange.check = self._usual
        answers = roster.require(replies, f"banks answered {figure}")
        sums = {self.name(a.metadata.src_node_id): messages.sums(a.content) for a in answers}
        return Sums(np.sum([*sums.values()], axis=0), {} if self.masking else self._in_order(sums))

    @property
    def privacy(self) -> PrivacySpent | None:
        """What the figures asked for so far have spent, where sums carry noise."""
        noise = self.masking.noise if self.masking else None
        return privacy_spent(noise, self.roster.exchange.releases, proposed=False) if noise else None

    def name(self, node: int) -> str:
        """The name under which a bank's figures stand."""
        own = self.roster.name(node)
        return self.alias.get(own, own)

    def _in_order(self, sums: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """`sums` in the order of `alias`, then by name."""
        places = {alias: place for place, alias in enumerate(self.alias.values())}
        return dict(sorted(sums.items(), key=lambda item: places.get(item[0], len(places))))

    def _fault(self, part: str, span: Span, nodes: list[int], kind: str, content: RecordDict) -> str | None:
        """Why an answer, or the sum of answers, cannot be used."""
        usual = self._usual(nodes, kind, content)
        # A stage of a masked sum has no figures to look at.
        if usual or kind != "tally" or messages.ARRAYS not in content:
            return usual
        records = sum(getattr(self.roster.banks[n], part) for n in nodes if n in self.roster.banks)
        return span.fault(messages.sums(content), records)
