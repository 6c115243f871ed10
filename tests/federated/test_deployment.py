"""SuperLink, gate, SuperNodes and agents as real processes, with TLS and keys."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import credit
from credit.errors import FederationError
from federated.engines import deployment
from federated.engines._flower_internals import build_bundle
from federated.engines.deployment import deployed_grid
from federated.engines.keys import create_certificates
from federated.engines.processes import start_gate
from federated.engines.reachability import reach
from federated.privacy.masking import MaskingTerms
from federated.training import inprocess_grid, train_federated
from pipelines.io_manager import fetch
from tests.federated.network import SPEC, TERMS, Network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
GOOD = ("BANK 01", "BANK 02", "BANK 03")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Three banks that may take part, one with an older contract, one whose key nobody registered."""
    network = Network(tmp_path_factory.mktemp("network"), banks=3, others=2)
    network.here = inprocess_grid(network.records(), SPEC)
    network.add_bank("BANK 04", contract=older_contract(network.folder))
    network.add_bank("BANK 05", registered=False)
    network.start()
    yield network
    network.stop()


def older_contract(folder: Path) -> str:
    shipped = Path(credit.__file__).parent / "contracts" / "synthetic.yaml"
    older = folder / "older.yaml"
    older.write_text(shipped.read_text().replace("range: [0, 60]", "range: [0, 50]"))
    return str(older)


def train(network, rounds=2, family="lightgbm", **options):
    with deployed_grid(network.coordinator) as grid:
        return train_federated(family, grid, SPEC, rounds=rounds, **(TERMS | options))


def model_bytes(trained, folder):
    trained.model.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def expected_bytes(network, folder, rounds=2, family="lightgbm"):
    here = train_federated(family, network.here, SPEC, rounds=rounds, strategy="fedavg")
    return model_bytes(here, folder)


def wait_for_good(network):
    """Rounds may begin when the three good banks are there; the others never count."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        states = deployment.bank_states(network.coordinator)
        if [states.get(f"bank-0{i}") for i in (1, 2, 3, 4)] == ["online"] * 4:
            return
        time.sleep(0.5)
    raise AssertionError(states)


def test_the_same_model_as_in_process_and_a_bank_of_another_contract_is_refused_by_name(network, tmp_path):
    wait_for_good(network)
    deployed = train(network, quorum=1.0)
    assert deployed.rounds[-1].answered == GOOD
    assert "BANK 04 holds contract" in deployed.refused["BANK 04"]
    assert model_bytes(deployed, tmp_path / "a") == expected_bytes(network, tmp_path / "b")


def test_a_node_whose_key_nobody_registered_stays_outside(network):
    log = (network.folder / "bank-05" / "supernode.log").read_text()
    assert "SuperNode ID" not in log
    assert "bank-05" not in deployment.bank_states(network.coordinator)


def test_the_gate_lets_only_the_fleet_path_through(network):
    gate, ca = network.coordinator.settings.gate_port, network.coordinator.folder / "ca.crt"
    for path in ("/v1/control/list-nodes", "/v1/runtime/acquire-task", "/docs", "/v1/fleet/../control/x"):
        answer = httpx.post(f"https://127.0.0.1:{gate}{path}", verify=str(ca), content=b"")
        assert answer.status_code in (404, 405), path
    assert reach(f"127.0.0.1:{gate}", ca).startswith("reached")


def test_a_foreign_app_bundle_is_refused_by_every_bank(network, monkeypatch):
    project = deployment.app_bundle.__wrapped__.__globals__["PROJECT"].format(version="9", code="mine")
    evil = {"pyproject.toml": project.encode(), "nothing.py": b"import os; os.system('touch /tmp/owned')\n"}
    monkeypatch.setattr(deployment, "app_bundle", lambda: build_bundle(evil))
    wait_for_good(network)
    with pytest.raises(FederationError, match="does not allow the app bundle"):
        train(network, gather_wait=0.0)


def test_a_superlink_killed_between_rounds_loses_nothing(network, tmp_path):
    def restart(report):
        if report.round == 1:
            network.kill("link")
            network.start_link()

    deployed = train(network, quorum=1.0, on_round=restart)
    assert model_bytes(deployed, tmp_path / "a") == expected_bytes(network, tmp_path / "b")


def test_a_killed_coordinator_goes_on_to_the_same_bytes(network, tmp_path):
    checkpoint = tmp_path / "training.checkpoint"
    command = [sys.executable, "-m", "tests.federated.killed_coordinator"]
    command += [str(network.coordinator.folder), str(checkpoint)]
    killed = subprocess.run(command, timeout=200, check=False)
    assert killed.returncode == -signal.SIGKILL and checkpoint.exists()
    resumed = train(network, rounds=3, quorum=1.0, checkpoint=checkpoint)
    assert [r.round for r in resumed.rounds] == [1, 2, 3]
    assert model_bytes(resumed, tmp_path / "a") == expected_bytes(network, tmp_path / "b", rounds=3)


def test_the_dagster_assets_train_and_judge_over_the_link_as_in_process(network):
    for out, coordinator in (("on-link", [str(network.coordinator.folder)]), ("here", [])):
        command = [sys.executable, "-m", "tests.federated.assets_on_link", str(network.folder / out)]
        subprocess.run(command + coordinator, cwd=Path(__file__).parents[2], timeout=300, check=True)
    linked, here = network.folder / "on-link", network.folder / "here"
    models = [{p.name: p.read_bytes() for p in (f / "models").iterdir()} for f in (linked, here)]
    assert models[0] == models[1]
    assert_alike(fetch(linked / "figures"), fetch(here / "figures"))
    assert_alike(*(json.loads((folder / "figures.json").read_text()) for folder in (linked, here)))


def assert_alike(found, expected):
    """Equal but for the order in which floating-point numbers were added."""
    if isinstance(expected, pl.DataFrame):
        assert_frame_equal(found, expected, rel_tol=1e-9)
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            assert_alike(found[key], expected[key])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)
    else:
        assert found == expected


def test_a_supernode_killed_between_rounds_is_named_and_comes_back(network):
    def kill(report):
        if report.round == 1:
            network.kill("bank-03 node")

    trained = train(network, rounds=2, wait=20.0, on_round=kill)
    assert trained.rounds[0].answered == GOOD
    assert trained.rounds[1].answered == GOOD[:2] and "BANK 03" in trained.rounds[1].failed
    time.sleep(60)
    network.start_bank(network.folder / "bank-03", agent=False)
    back = train(network, rounds=1, quorum=1.0)
    assert back.rounds[0].answered == GOOD


def test_masked_sums_over_real_processes(network, tmp_path):
    for bank in network.banks[:3]:
        settings = bank / "bank.yaml"
        settings.write_text(settings.read_text().replace("aggregation: false", "aggregation: true"))
        network.kill(f"{bank.name} agent")
        network.start_agent(bank)
    with pytest.raises(FederationError, match="answers counts in masked sums only"):
        train(network, rounds=1, quorum=1.0)
    masked = train(network, rounds=1, quorum=1.0, masking=MaskingTerms(3))
    clear = train_federated("lightgbm", network.here, SPEC, rounds=1, strategy="fedavg")
    X = clear.model.encoding.matrix(network.records()[0].test)
    assert abs(masked.model.margin(X) - clear.model.margin(X)).max() < 1e-6


def test_an_expired_certificate_is_told(tmp_path):
    network = Network(tmp_path, banks=0, others=2)
    folder = network.coordinator.folder
    for name in ("ca.crt", "server.crt", "server.key"):
        (folder / name).unlink()
    create_certificates(folder, ["127.0.0.1"], days=-1)
    network.processes["gate"] = start_gate(network.coordinator)
    try:
        gate = f"127.0.0.1:{network.coordinator.settings.gate_port}"
        deadline = time.monotonic() + 30
        while "refused" in (told := reach(gate, folder / "ca.crt")) and time.monotonic() < deadline:
            time.sleep(0.3)
        assert "certificate has expired" in told
    finally:
        network.stop()


def test_a_bank_whose_key_is_taken_away_is_shut_out(network):
    (network.coordinator.folder / "banks" / "bank-04.pub").unlink()
    deployment.register_banks(network.coordinator)
    assert "bank-04" not in deployment.bank_states(network.coordinator)
    assert {"bank-01", "bank-02", "bank-03"} <= set(deployment.bank_states(network.coordinator))
