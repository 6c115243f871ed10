import pytest

from credit.errors import FederationError
from federated.client_app import bank_app
from federated.engines.inprocess import FIRST_NODE, InProcessGrid
from federated.site import BankSite
from federated.training import train_federated
from tests.federated.banks import BrokenSite, make_bank, make_banks, make_spec

SPEC = make_spec()
FAMILIES = ("logistic", "lightgbm", "catboost")


def grid_of(*sites):
    app = bank_app(lambda context: sites[int(str(context.node_config["bank"]))])
    return InProcessGrid(app, [{"bank": i} for i in range(len(sites))])


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
        return [
            n for n in super().get_node_ids() if not (self.away and n == FIRST_NODE)
        ]


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
    result = train_federated(
        "logistic", grid_of(*sites_of(100, 100), stranger), SPEC, rounds=1, quorum=0.6
    )
    assert (
        "stranger holds contract sha256:2"
        in result.refused["node " + str(FIRST_NODE + 2)]
    )


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
    result = train_federated(
        family, grid_of(*sites_of(100, 100), flaky), SPEC, rounds=3, quorum=0.6
    )
    assert ["flaky" in r.answered for r in result.rounds] == [True, False, True]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_late_bank_joins_and_catches_up(family):
    sites = sites_of(100, 100, 100)
    app = bank_app(lambda context: sites[int(str(context.node_config["bank"]))])
    grid = Leaving(app, [{"bank": i} for i in range(3)])
    grid.away = True

    def join(report):
        grid.away = report.round < 2

    result = train_federated(family, grid, SPEC, rounds=4, on_round=join)
    assert ["bank-0" in r.answered for r in result.rounds] == [False, False, True, True]
    assert "bank-0" in result.banks


def test_a_late_bank_holds_the_same_margin_as_if_it_had_been_there():
    sites, twins = sites_of(100, 100, 100), []
    app = bank_app(lambda context: sites[int(str(context.node_config["bank"]))])
    grid = Leaving(app, [{"bank": i} for i in range(3)])

    def leave_and_return(report):
        if report.round == 1:
            grid.away = True
        if report.round == 3:
            twins.append(sites[0].task)
            sites[0].task = None
            grid.away = False

    train_federated(
        "lightgbm", grid, SPEC, rounds=5, quorum=0.6, on_round=leave_and_return
    )
    assert sites[0].task.held == sites[1].task.held == 5 and twins[0].held == 1


def test_a_bank_that_left_for_a_while_still_gives_a_model_to_the_byte():
    def run():
        sites = sites_of(100, 100, 100)
        app = bank_app(lambda context: sites[int(str(context.node_config["bank"]))])
        grid = Leaving(app, [{"bank": i} for i in range(3)])

        def leave(report):
            grid.away = report.round in (1, 2)

        return train_federated(
            "lightgbm", grid, SPEC, rounds=4, quorum=0.6, on_round=leave
        ).model.text

    assert run() == run()


def test_silence_is_bounded_and_named():
    class Silent(InProcessGrid):
        def _deliver(self, wire):
            reply = super()._deliver(wire)
            train = reply is not None and reply.metadata.message_type == "train.propose"
            return None if train and reply.metadata.src_node_id == FIRST_NODE else reply

    sites = sites_of(100, 100, 100)
    app = bank_app(lambda context: sites[int(str(context.node_config["bank"]))])
    grid = Silent(app, [{"bank": i} for i in range(3)])
    result = train_federated("lightgbm", grid, SPEC, rounds=1, quorum=0.6, wait=0.2)
    assert result.rounds[0].failed == {"bank-0": "no answer within 0.2 s"}
