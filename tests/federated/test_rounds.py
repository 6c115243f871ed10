from typing import Any

import numpy as np
import pytest

from credit.encoding import Encoding
from credit.errors import FederationError
from federated import messages
from federated.agreement import Agreement
from federated.client_app import bank_app
from federated.engines.inprocess import FIRST_NODE, InProcessGrid
from federated.learners import params_of
from federated.site import BankSite
from federated.training import train_federated
from tests.federated.banks import BOOK, BrokenSite, make_bank, make_banks, make_spec

SPEC = make_spec()
ENCODING = Encoding(SPEC.features, {"sector": dict.fromkeys((*BOOK, ""), 0.5)})
FAMILIES = ("logistic", "lightgbm", "catboost")


def grid_of(*sites, kind: type[InProcessGrid] = InProcessGrid) -> Any:
    app = bank_app(lambda context: sites[int(str(context.node_config["bank"]))])
    return kind(app, [{"bank": i} for i in range(len(sites))])


def sites_of(*sizes):
    return [BankSite(bank, SPEC) for bank in make_banks(*sizes)]


class Flaky(BankSite):
    """A bank that loses all it holds in its `lost`-th answer to `kind`."""

    kind, lost, count = "propose", 2, 0

    def answer(self, kind, content):
        if kind == self.kind:
            self.count += 1
            if self.count == self.lost:
                self.task = None
        return super().answer(kind, content)


class Leaving(InProcessGrid):
    """A grid whose first bank is away while `away` holds."""

    away = False

    def get_node_ids(self):
        return [n for n in super().get_node_ids() if not (self.away and n == FIRST_NODE)]


def leaving_grid(*sizes):
    return grid_of(*sites_of(*sizes), kind=Leaving)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_failing_bank_is_left_out_and_named(family):
    grid = grid_of(*sites_of(100, 100), BrokenSite(make_bank("broken"), SPEC))
    result = train_federated(family, grid, SPEC, rounds=2, quorum=0.6)
    assert result.rounds[0].answered == ("bank-0", "bank-1")
    assert result.rounds[0].failed == {"broken": "RuntimeError: disk is full"}


@pytest.mark.parametrize("family", FAMILIES)
def test_below_the_quorum_the_round_ends_in_plain_words(family):
    grid = grid_of(*sites_of(100, 100), BrokenSite(make_bank("broken"), SPEC))
    with pytest.raises(FederationError) as caught:
        train_federated(family, grid, SPEC, rounds=2, quorum=1.0)
    assert str(caught.value) == (
        "2 of 3 banks answered in round 1, the quorum is 3. broken: RuntimeError: disk is full"
    )


def test_a_bank_with_another_contract_is_refused_by_name():
    stranger = BankSite(make_bank("stranger"), make_spec(contract="sha256:2"))
    result = train_federated("logistic", grid_of(*sites_of(100, 100), stranger), SPEC, rounds=1, quorum=0.6)
    assert "stranger holds contract sha256:2" in result.refused["stranger"]


def test_two_banks_of_one_name_cannot_both_take_part():
    sites = [BankSite(make_bank("north", seed=s), SPEC) for s in (1, 2)]
    result = train_federated("logistic", grid_of(*sites), SPEC, rounds=1, quorum=0.5)
    assert list(result.banks) == ["north"] and len(result.refused) == 1


def test_nobody_there_is_an_error():
    with pytest.raises(FederationError, match="0 of 0 banks take part"):
        train_federated("logistic", grid_of(), SPEC)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bank_that_lost_its_state_is_back_a_round_later(family):
    flaky = Flaky(make_bank("flaky"), SPEC)
    flaky.kind = "weights" if family == "logistic" else "propose"
    result = train_federated(family, grid_of(*sites_of(100, 100), flaky), SPEC, rounds=3, quorum=0.6)
    assert ["flaky" in r.answered for r in result.rounds] == [True, False, True]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_late_bank_joins_and_catches_up(family):
    grid = leaving_grid(100, 100, 100)
    grid.away = True

    def join(report):
        grid.away = report.round < 2

    result = train_federated(family, grid, SPEC, rounds=4, on_round=join)
    assert ["bank-0" in r.answered for r in result.rounds] == [False, False, True, True]
    assert "bank-0" in result.banks


def test_a_bank_that_missed_rounds_proposes_what_it_would_have_proposed():
    agreement = Agreement("lightgbm", ENCODING, (-1.0,), 0, params_of("lightgbm"))
    steady, late = (BankSite(make_bank("north"), SPEC) for _ in range(2))
    for site in (steady, late):
        site.answer("agree", messages.pack(agreement=agreement.to_json()))
    first = messages.blobs(steady.answer("propose", messages.pack({}, start=0, trees=2)))["trees"]
    second = messages.blobs(steady.answer("propose", messages.pack({"1": first}, start=0, trees=2)))["trees"]
    third = steady.answer("propose", messages.pack({"2": second}, start=1, trees=2))
    caught_up = late.answer("propose", messages.pack({"1": first, "2": second}, start=0, trees=2))
    assert messages.blobs(caught_up) == messages.blobs(third)


def test_a_training_that_a_bank_leaves_and_rejoins_is_the_same_each_time(tmp_path):
    for run in "ab":
        grid = leaving_grid(100, 100, 100)

        def leave(report, grid=grid):
            grid.away = report.round in (1, 2)

        result = train_federated("lightgbm", grid, SPEC, rounds=4, quorum=0.6, on_round=leave)
        result.model.save(tmp_path / run)
        assert [len(r.answered) for r in result.rounds] == [3, 2, 2, 3]
    assert (tmp_path / "a/model.lgb").read_bytes() == (tmp_path / "b/model.lgb").read_bytes()


def test_silence_is_bounded_and_named():
    class Silent(InProcessGrid):
        def pull_messages(self, message_ids):
            replies = super().pull_messages(message_ids)
            return [r for r in replies if (r.metadata.src_node_id, r.metadata.message_type) != muted]

    muted = (FIRST_NODE, "train.propose")
    grid = grid_of(*sites_of(100, 100, 100), kind=Silent)
    result = train_federated("lightgbm", grid, SPEC, rounds=1, quorum=0.6, wait=0.2)
    assert result.rounds[0].failed == {"bank-0": "no answer within 0.2 s"}


class Damaged(BankSite):
    """A bank whose answers to `kind` are damaged by `harm`."""

    kind = "losses"

    def harm(self, answer):
        answer.metric_records[messages.METRICS]["validation-loss"] = float("nan")

    def answer(self, kind, content):
        answer = super().answer(kind, content)
        if kind == self.kind:
            self.harm(answer)
        return answer


def test_losses_that_are_no_numbers_are_refused_by_name():
    grid = grid_of(*sites_of(100, 100), Damaged(make_bank("damaged"), SPEC))
    result = train_federated("lightgbm", grid, SPEC, rounds=2, quorum=0.6)
    assert result.rounds[1].failed == {"damaged": "validation-loss is nan, not a number"}
    assert all(np.isfinite(r.validation_loss or 0.0) for r in result.rounds)
