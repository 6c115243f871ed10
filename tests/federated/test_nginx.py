"""deploy/nginx.conf before a real SuperLink: banks get through, nothing else does."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from federated.engines import deployment
from federated.engines.reachability import reach
from tests.federated.network import Network

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]
CONF = Path(__file__).parents[2] / "deploy" / "nginx.conf"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A SuperLink behind nginx in place of the gate, and one bank that dials nginx."""
    network = Network(tmp_path_factory.mktemp("network"), banks=1)
    network.start_link()
    conf = network.folder / "nginx.conf"
    conf.write_text(localised(network))
    command = ["nginx", "-c", str(conf), "-e", str(network.folder / "nginx.log"), "-g", "daemon off;"]
    network.processes["nginx"] = subprocess.Popen([*command, "-p", str(network.folder)])
    while socket.socket().connect_ex(("127.0.0.1", network.coordinator.settings.gate_port)):
        time.sleep(0.1)
    yield network
    network.stop()


def localised(network) -> str:
    """The shipped file with this network's ports and paths."""
    settings, folder = network.coordinator.settings, network.folder
    text = CONF.read_text().replace("/etc/fedcredit", str(network.coordinator.folder))
    text = text.replace("listen 9443", f"listen 127.0.0.1:{settings.gate_port}")
    text = text.replace("127.0.0.1:9090", f"127.0.0.1:{settings.link_port}")
    places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi"))
    text = text.replace("http {", f"http {{ access_log off; {places}", 1)
    return f"pid {folder}/nginx.pid;\n{text}"


def post(network, path: str) -> int:
    gate, ca = network.coordinator.settings.gate_port, network.coordinator.folder / "ca.crt"
    return httpx.post(f"https://127.0.0.1:{gate}{path}", verify=str(ca), content=b"").status_code


def test_a_supernode_comes_online_through_nginx(network):
    network.start_bank(network.banks[0], agent=False)
    deadline = time.monotonic() + 60
    while (states := deployment.bank_states(network.coordinator))["bank-01"] != "online":
        assert time.monotonic() < deadline, states
        time.sleep(0.5)


def test_a_bank_reaches_the_fleet_path(network):
    ca = network.coordinator.folder / "ca.crt"
    assert reach(f"127.0.0.1:{network.coordinator.settings.gate_port}", ca).startswith("reached")


@pytest.mark.parametrize(
    "path", ["/v1/control/list-nodes", "/v1/runtime/acquire-task", "/docs", "/", "/v1/fleet/%2e%2e/control/x"]
)
def test_the_links_other_paths_are_shut(network, path):
    assert post(network, path) == 404
