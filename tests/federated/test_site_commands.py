"""What a site engineer runs, as processes: `bank init`, `bank up` and `bank status` of two banks on one machine."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from federated.engines import deployment
from federated.engines.deployment import deployed_grid
from federated.training import train_federated
from tests.federated.network import SPEC, Network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
FEDCREDIT = Path(sys.executable).with_name("fedcredit")


def fedcredit(folder: Path, *arguments) -> str:
    done = subprocess.run([FEDCREDIT, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    network = Network(tmp_path_factory.mktemp("network"), banks=0, others=2)
    network.start()
    yield network
    network.stop()


def joined(network, number: int) -> tuple[Path, str]:
    """The site of a bank that has been made and registered, and what `bank init` said."""
    site = network.folder / f"site-{number}"
    site.mkdir()
    gate = f"127.0.0.1:{network.coordinator.settings.gate_port}"
    said = fedcredit(
        site,
        *("bank", "init", "--name", f"BANK {number:02d}", "--contract", "synthetic"),
        *("--records", network.folder / "loans.csv", "--coordinator", gate),
        *("--certificate", network.coordinator.folder / "ca.crt"),
    )
    shutil.copy(site / "bank" / "bank.pub", network.coordinator.folder / "banks" / f"bank-{number:02d}.pub")
    return site, said


def test_two_banks_of_one_machine_join_by_commands_and_leave(network):
    sites = [joined(network, number) for number in (1, 2)]
    for _, said in sites:
        assert "histograms" in said and "leaf_sums" in said and "bank-0" in said
    deployment.register_banks(network.coordinator)
    with (network.folder / "up.log").open("w") as log:
        up = [
            subprocess.Popen([FEDCREDIT, "bank", "up"], cwd=site, stdout=log, stderr=log) for site, _ in sites
        ]
    try:
        terms = {"strategy": "leaf_refit", "expected": 2, "wait": 60.0, "gather_wait": 150.0}
        with deployed_grid(network.coordinator) as grid:
            trained = train_federated("lightgbm", grid, SPEC, rounds=1, **terms)
        assert trained.rounds[0].answered == ("BANK 01", "BANK 02")
        status = fedcredit(sites[0][0], "bank", "status")
        assert "reached" in status and "answered" in status
        up[0].send_signal(signal.SIGTERM)
        up[0].wait(20)
        deadline = time.monotonic() + 150
        while deployment.bank_states(network.coordinator).get("bank-01") == "online":
            assert time.monotonic() < deadline, "its SuperNode went on"
            time.sleep(1)
        assert deployment.bank_states(network.coordinator)["bank-02"] == "online"
    finally:
        for process in up:
            process.terminate()
            process.wait(20)
