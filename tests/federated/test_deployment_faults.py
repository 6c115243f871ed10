"""Faults of banks inside a round, over real processes: five banks, TLS and keys."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from federated.engines import deployment
from federated.engines.deployment import deployed_grid
from federated.membership import load_membership
from federated.messages import KINDS
from federated.training import train_federated
from tests.federated.network import SPEC, Network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
TERMS = {"strategy": "leaf_refit", "trees_per_round": 1, "expected": 5, "quorum": 0.6, "wait": 20.0}
ALL = tuple(f"BANK {n:02d}" for n in range(1, 6))


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Five banks, and a sixth that goes by the first one's name. The fifth is not up yet."""
    network = Network(tmp_path_factory.mktemp("network"), banks=5, others=1)
    network.start(up=network.banks[:4])
    yield network
    network.stop()


def wait_until_online(network, *banks):
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        states = deployment.bank_states(network.coordinator)
        if all(states.get(bank) == "online" for bank in banks):
            return
        time.sleep(0.5)
    raise AssertionError(states)


def train(network, rounds=2, disturbed=None, **options):
    """Train over the link; `disturbed`, a kind of message and an act: done once such a question is on its way."""
    with deployed_grid(network.coordinator) as grid:
        if disturbed:
            kind, act = disturbed
            grid.push_messages = _once(grid.push_messages, KINDS[kind].route, act)
        return train_federated("lightgbm", grid, SPEC, rounds=rounds, **(TERMS | options))


def _once(push, route, act):
    acts = [act]

    def pushing(messages):
        sent = list(messages)
        ids = push(sent)
        if acts and any(m.metadata.message_type == route for m in sent):
            acts.pop()()
        return ids

    return pushing


def test_a_bank_that_joins_late_takes_part_from_the_next_round(network):
    wait_until_online(network, "bank-01", "bank-02", "bank-03", "bank-04")

    def join(report):
        if report.round == 1:
            network.start_bank(network.folder / "bank-05")
            wait_until_online(network, "bank-05")

    trained = train(network, rounds=3, on_round=join)
    assert trained.rounds[0].answered == ALL[:4]
    assert trained.rounds[-1].answered == ALL


def test_a_bank_under_the_name_of_another_is_refused(network):
    folder = network.add_bank("BANK 06")
    settings = folder / "bank.yaml"
    settings.write_text(settings.read_text().replace("name: BANK 06", "name: BANK 01"))
    deployment.register_banks(network.coordinator)
    network.start_bank(folder)
    wait_until_online(network, "bank-06")
    trained = train(network, rounds=1)
    assert trained.rounds[0].answered == ALL
    assert "calls itself BANK 01, but its key is registered as bank-06" in trained.refused["bank-06"]


def test_sums_that_are_no_numbers_are_refused_by_name_and_the_others_go_on(network):
    if "bank-05 agent" not in network.processes:
        network.start_bank(network.folder / "bank-05")
    wait_until_online(network, "bank-05")
    network.kill("bank-05 agent")
    folder = network.folder / "bank-05"
    place = str(folder), str(load_membership(folder).agent_port)
    broken = [sys.executable, "-m", "tests.federated.broken_agent", *place]
    network.processes["bank-05 agent"] = subprocess.Popen(broken, cwd=Path(__file__).parents[2])
    trained = train(network, rounds=1)
    assert trained.rounds[0].answered == ALL[:4]
    assert "no numbers" in trained.left_out["BANK 05"]
    network.kill("bank-05 agent")
    network.start_agent(network.folder / "bank-05")
    assert train(network, rounds=1).rounds[0].answered == ALL


@pytest.mark.parametrize(
    ("strategy", "kind", "bank"),
    [
        ("leaf_refit", "propose", "bank-04"),
        ("leaf_refit", "leaf_sums", "bank-05"),
        ("histogram", "histograms", "bank-03"),
    ],
)
def test_a_supernode_killed_inside_a_round_is_named_and_the_round_is_finished(network, strategy, kind, bank):
    killing = (kind, lambda: network.kill(f"{bank} node"))
    trained = train(network, disturbed=killing, strategy=strategy, quorum=0.4)
    lost = bank.replace("-", " ").upper()
    assert lost not in trained.rounds[0].answered and lost in trained.rounds[0].failed
    assert set(ALL[:2]) <= set(trained.rounds[-1].answered)
    assert len(trained.rounds) == 2
    network.start_bank(network.folder / bank, agent=False)
    wait_until_online(network, bank)
