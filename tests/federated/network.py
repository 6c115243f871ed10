"""A real federation on this machine: SuperLink, gate, and a SuperNode and an agent a bank, each a process."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from credit.contract import load_contract
from credit.synthetic import synthetic_loans
from federated.engines.bundle import bundle_sha256
from federated.engines.coordinator import Coordinator, Settings
from federated.engines.deployment import register_banks, wait_for_link
from federated.engines.keys import create_node_key, create_secret
from federated.engines.processes import free_port, start_agent, start_gate, start_superlink, start_supernode
from federated.membership import Membership, load_membership, save_membership
from federated.records import own_records

SPEC = load_contract("synthetic").spec
TERMS = {"strategy": "fedavg", "expected": 3, "quorum": 0.6, "wait": 60.0, "gather_wait": 120.0}


class Network:
    """A coordinator in `folder`/coordinator and banks in folders beside it."""

    def __init__(self, folder: Path, banks: int, others: int = 0, rows: int = 1500):
        self.folder, self.processes = folder, {}
        settings = Settings(
            link_port=free_port(), gate_host="127.0.0.1", gate_port=free_port(), hosts=["127.0.0.1"]
        )
        self.coordinator = Coordinator.create(folder / "coordinator", settings)
        synthetic_loans(rows, banks + others, 0).write_csv(folder / "loans.csv")
        for number in range(1, banks + 1):
            self.add_bank(f"BANK {number:02d}")

    def add_bank(self, name: str, contract: str = "synthetic", registered: bool = True, **options) -> Path:
        own = self.folder / name.lower().replace(" ", "-")
        gate = f"127.0.0.1:{self.coordinator.settings.gate_port}"
        membership = Membership(
            name=name,
            contract=contract,
            records=self.folder / "loans.csv",
            coordinator=gate,
            agent_port=free_port(),
            **({"allowed_bundles": (bundle_sha256(),)} | options),
        )
        save_membership(own, membership)
        create_node_key(own / "bank")
        create_secret(own / "secret")
        shutil.copy(self.coordinator.folder / "ca.crt", own)
        if registered:
            shutil.copy(own / "bank.pub", self.coordinator.folder / "banks" / f"{own.name}.pub")
        return own

    @property
    def banks(self) -> list[Path]:
        return sorted(p.parent for p in self.folder.glob("bank-*/bank.yaml"))

    def start_link(self) -> None:
        self.processes["link"] = start_superlink(self.coordinator)
        wait_for_link(self.coordinator)
        register_banks(self.coordinator)

    def start(self, up: list[Path] | None = None) -> None:
        """Start link and gate, and the banks of `up` (None: all)."""
        self.start_link()
        self.processes["gate"] = start_gate(self.coordinator)
        while socket.socket().connect_ex(("127.0.0.1", self.coordinator.settings.gate_port)):
            time.sleep(0.2)
        for bank in self.banks if up is None else up:
            self.start_bank(bank)

    def start_bank(self, own: Path, agent: bool = True) -> None:
        m = load_membership(own)
        node = start_supernode(own, m.coordinator, m.certificate, m.key, m.agent_port, own / "secret")
        self.processes[f"{own.name} node"] = node
        if agent:
            self.start_agent(own)

    def start_agent(self, own: Path) -> None:
        self.processes[f"{own.name} agent"] = start_agent(own, load_membership(own).agent_port)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + 5
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def records(self):
        """The banks' records, as each bank's own site reads them."""
        return [own_records(load_membership(b), b / "check").records for b in self.banks]
