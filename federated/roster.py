"""Who takes part: the banks that made themselves known, hold the contract and know the agreement."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from credit.errors import FederationError
from federated import messages
from federated.agreement import Agreement
from federated.bounds import Declared, fault_of
from federated.engines._flower_internals import AttachedGrid
from federated.engines.grids import MembersGrid
from federated.exchange import Exchange, Replies
from federated.membership import key_name

POLL_SECONDS = 0.5


class BanksExpelled(Exception):
    """Banks were shut out whose answers are in what was trained so far: the training must begin afresh."""


@dataclass(frozen=True)
class BankIdentity:
    """What a bank says of itself: its name, its contract's fingerprint, its records by part."""

    name: str
    contract: str
    train: int
    validation: int
    test: int


class Roster:
    """The banks of one training, by node and always in order of name.

    `expected` is the number of banks the quorum, a share, is taken of; by default those seen first.
    `gather_wait` bounds, in seconds, the wait for banks that are not connected. `most_records` is the
    number of records that a bank may bring to a part, so that no bank's word outweighs all others.
    """

    def __init__(
        self,
        exchange: Exchange,
        contract: str,
        quorum: float,
        expected: int | None = None,
        gather_wait: float = 0.0,
        most_records: int | None = None,
    ):
        self.exchange, self.contract, self.quorum, self.expected = (
            exchange,
            contract,
            quorum,
            expected,
        )
        self.gather_wait, self.most_records = gather_wait, most_records
        exchange.check = self._fault
        self.banks: dict[int, BankIdentity] = {}
        self.refused: dict[int, str] = {}
        self.left_out: dict[str, str] = {}
        self.expelled: dict[str, str] = {}
        self.agreement: Agreement | None = None
        self._agreed: set[int] = set()
        self._names: dict[int, str] = {}
        self._registered: dict[int, str] = {}

    @property
    def needed(self) -> int:
        """How many banks a round needs."""
        return max(1, math.ceil(self.quorum * (self.expected or 1) - 1e-9))

    @property
    def nodes(self) -> list[int]:
        """Connected nodes that take part, in order of bank name."""
        connected = set(self.exchange.grid.get_node_ids())
        ready = self._agreed if self.agreement else self.banks
        return sorted(connected & set(ready), key=self.name)

    def grid(self) -> Grid:
        """The exchange's grid as strategies should see it: without banks that take no part."""
        return MembersGrid(self.exchange.grid, lambda: self.nodes)

    def gather(self) -> dict[int, str]:
        """Take in new banks and tell them the agreement; wait for a quorum. Returns failures by node.

        Raises FederationError where too few banks are there when `gather_wait` is over.
        """
        deadline = time.monotonic() + self.gather_wait
        while True:
            failures = self._welcome()
            if self.expected is None:
                self.expected = len(self.banks | self.refused | failures) or None
            if len(self.nodes) >= self.needed:
                return failures
            if time.monotonic() >= deadline:
                raise FederationError(self._shortage("banks take part", len(self.nodes), failures))
            time.sleep(POLL_SECONDS)

    def settle(self, agreement: Agreement) -> None:
        """Make `agreement` the common ground and tell every bank."""
        self.agreement = agreement
        self._agreed.clear()
        self.gather()

    def require(self, replies: Replies, what: str) -> list[Message]:
        """The answers in order of bank name.

        Banks that failed are noted in `left_out` and told the agreement again before the next round.
        Raises FederationError below the quorum.
        """
        self._agreed -= set(replies.failures)
        self.left_out |= {name: f"{what}: {why}" for name, why in self.by_name(replies.failures).items()}
        if len(replies.answers) < self.needed:
            raise FederationError(self._shortage(what, len(replies.answers), replies.failures))
        return [replies.answers[n] for n in sorted(replies.answers, key=self.name)]

    def expel(self, names: Iterable[str], why: str) -> None:
        """Shut banks out for good; the quorum is taken of the others. Raises BanksExpelled where there are any."""
        node_of = {self.name(node): node for node in self.banks}
        expelled = {node_of[name]: name for name in names}
        for node, name in expelled.items():
            self.refused[node] = self.expelled[name] = why
            self.banks.pop(node)
            self._agreed.discard(node)
        self.expected = max(1, (self.expected or 1) - len(expelled))
        if expelled:
            raise BanksExpelled(", ".join(expelled.values()))

    def name(self, node: int) -> str:
        """The bank's name, or the node's number where the bank has not told."""
        return self._names.get(node, f"node {node}")

    def by_name(self, reasons: dict[int, str]) -> dict[str, str]:
        """`reasons` with banks' names for nodes."""
        return {self.name(n): why for n, why in sorted(reasons.items(), key=lambda item: self.name(item[0]))}

    def _welcome(self) -> dict[int, str]:
        """Identify new nodes and tell the agreement to those that lack it; failures by node."""
        known = self.banks.keys() | self.refused.keys()
        new = [n for n in self.exchange.grid.get_node_ids() if n not in known]
        replies = self.exchange.ask("identity", {n: RecordDict() for n in new})
        if new and isinstance(self.exchange.grid, AttachedGrid):
            self._registered = self.exchange.grid.registered()
        known_as = {n: BankIdentity(**messages.config(a.content)) for n, a in replies.answers.items()}
        for node in sorted(known_as, key=lambda n: (known_as[n].name, n)):
            self._admit(node, known_as[node])
        return replies.failures | self._tell()

    def _admit(self, node: int, bank: BankIdentity) -> None:
        registered = self._registered.get(node, key_name(bank.name))
        if registered != key_name(bank.name):
            self._names[node] = registered
            self.refused[node] = (
                f"it calls itself {bank.name}, but its key is registered as {registered}: if the key is "
                f"that bank's, name its file {key_name(bank.name)}.pub"
            )
            return
        if bank.name in map(self.name, self.nodes):
            self.refused[node] = f"a bank named {bank.name} already takes part: give each bank its own name"
            return
        self._names[node] = bank.name
        reason = self._refusal(bank)
        if reason:
            self.refused[node] = reason
        else:
            self.banks[node] = bank

    def _refusal(self, bank: BankIdentity) -> str | None:
        """Why `bank` may take no part, or None where it may."""
        if bank.name in self.expelled:
            return self.expelled[bank.name]
        if bank.contract != self.contract:
            return (
                f"{bank.name} holds contract {bank.contract}, the consortium's is {self.contract}: "
                "update the bank's contract file"
            )
        declared = (bank.train, bank.validation, bank.test)
        if min(declared) < 0 or max(declared) > (self.most_records or max(declared)):
            return (
                f"{bank.name} declares {max(declared):,} records in a part, the consortium allows "
                f"{self.most_records or 0:,}: cap the bank's records"
            )
        return None

    def _fault(self, nodes: list[int], kind: str, content: RecordDict) -> str | None:
        """Why an answer, or the sum of answers, cannot be used, given what the banks of `nodes` declared."""
        banks = [self.banks[n] for n in nodes if n in self.banks]
        margins = len(self.agreement.base) if self.agreement else 1
        steepest = 0.25 if margins == 1 else 0.25 * margins / (margins - 1)
        declared = Declared(sum(b.train for b in banks), sum(b.validation for b in banks), steepest)
        return fault_of(kind, content, declared) if banks else None

    def _tell(self) -> dict[int, str]:
        if self.agreement is None:
            return {}
        untold = set(self.exchange.grid.get_node_ids()) & set(self.banks) - self._agreed
        if not untold:
            return {}
        content = messages.pack(agreement=self.agreement.to_json())
        replies = self.exchange.ask("agree", dict.fromkeys(untold, content))
        self._agreed |= set(replies.answers)
        return replies.failures

    def _shortage(self, what: str, count: int, failures: dict[int, str]) -> str:
        reasons = [f"{name}: {why}" for name, why in self.by_name(self.refused | failures).items()]
        of = self.expected or len(self.banks)
        return f"{count} of {of} {what}, the quorum is {self.needed}. " + "; ".join(reasons)
