"""Flower's own processes, started with the settings that a federation of banks needs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import FrameType

from federated.engines.coordinator import Coordinator

POLL_SECONDS = 0.3
QUIET = {
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
}


def start_superlink(coordinator: Coordinator) -> subprocess.Popen[bytes]:
    """The SuperLink of `coordinator`, which keeps its state in the folder and outlives a kill."""
    folder = coordinator.folder
    command = [
        _installed("flower-superlink"),
        *("--ssl-ca-certfile", str(folder / "ca.crt")),
        *("--ssl-certfile", str(folder / "server.crt")),
        *("--ssl-keyfile", str(folder / "server.key")),
        *("--host", "127.0.0.1", "--port", str(coordinator.settings.link_port)),
        *("--isolation", "process", "--superexec-auth-secret-file", str(folder / "secret")),
        *("--database", str(folder / "link.db"), "--enable-supernode-auth"),
        "--disable-runtime-dependency-installation",
    ]
    return _start(command, folder, "superlink")


def start_gate(coordinator: Coordinator) -> subprocess.Popen[bytes]:
    """The proxy through which banks reach the SuperLink's fleet path."""
    command = [sys.executable, "-m", "federated.engines.gate_process", str(coordinator.folder)]
    return _start(command, coordinator.folder, "gate")


def start_supernode(
    folder: Path, gate: str, ca: Path, key: Path, port: int, secret: Path
) -> subprocess.Popen[bytes]:
    """A bank's SuperNode: it dials `gate`, and brings messages to the agent over 127.0.0.1:`port`."""
    command = [
        *(sys.executable, "-m", "federated.engines.supernode_process"),
        *("--superlink", gate, "--root-certificates", str(ca)),
        *("--auth-supernode-private-key", str(key)),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--isolation", "process", "--superexec-auth-secret-file", str(secret)),
    ]
    return _start(command, folder, "supernode")


def start_agent(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """The warm agent of a bank's folder, for the SuperNode at 127.0.0.1:`port`."""
    command = [sys.executable, "-m", "federated.engines.agent_process", str(folder), str(port)]
    return _start(command, folder, "agent")


def free_port() -> int:
    """A port of 127.0.0.1 at which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def interrupt_on_terminate() -> None:
    """Let a SIGTERM, as containers and services send it, end this process as ^C does: with its children."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _start(command: list[str], folder: Path, name: str) -> subprocess.Popen[bytes]:
    """Start `command` in `folder`; what it says goes to `name`.log there."""
    environment = os.environ | QUIET | {"FLWR_HOME": str(folder / "flower"), "FLWR_LOG_LEVEL": "INFO"}
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def _installed(script: str) -> str:
    return str(Path(sys.executable).with_name(script))
