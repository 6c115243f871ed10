"""A bank's side of the deployment engine: its SuperNode, restarted when it ends, and its warm agent."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from federated.engines.agent import run_agent
from federated.engines.bundle import bundle_sha256
from federated.engines.processes import free_port, start_agent, start_supernode
from federated.membership import load_membership, masking_of
from federated.records import own_records
from federated.site import BankSite

STATUS = "status.json"
# The link keeps a killed node's place for about a minute and refuses a second one meanwhile.
RESTART_SECONDS = 15.0


def run_bank_agent(folder: Path, port: int) -> None:
    """Answer the messages that the SuperNode of `folder` brings over 127.0.0.1:`port`, until the process ends."""
    bank = load_membership(folder)
    own = own_records(bank, folder / "work")
    counts = {"answered": 0, "refused": 0}

    def note(message_type: str, outcome: str) -> None:
        counts["answered" if outcome == "answered" else "refused"] += 1
        now = datetime.now(UTC).isoformat(timespec="seconds")
        last = {"last_message": message_type, "last_outcome": outcome, "at": now}
        aside = folder / f"{STATUS}.part"
        aside.write_text(json.dumps({**counts, **last}))
        aside.replace(folder / STATUS)

    run_agent(
        BankSite(own.records, own.contract.spec),
        f"127.0.0.1:{port}",
        (folder / "secret").read_bytes(),
        {bundle_sha256(), *bank.allowed_bundles},
        noted=note,
        masking=masking_of(bank),
    )


def run_bank(folder: Path, say: Callable[[str], None], pause: float = RESTART_SECONDS) -> None:
    """Keep SuperNode and agent of `folder` running until interrupted; what ends is started again."""
    bank = load_membership(folder)
    port = bank.agent_port or free_port()
    starters: dict[str, Callable[[], subprocess.Popen[bytes]]] = {
        "SuperNode": lambda: start_supernode(
            folder, bank.coordinator, bank.certificate, bank.key, port, folder / "secret"
        ),
        "agent": lambda: start_agent(folder, port),
    }
    running = {name: start() for name, start in starters.items()}
    try:
        while True:
            time.sleep(0.5)
            for name, process in running.items():
                if process.poll() is not None:
                    log = folder / f"{name.lower()}.log"
                    say(f"the {name} ended ({process.returncode}), see {log}: again in {pause:g} s")
                    time.sleep(pause)
                    running[name] = starters[name]()
    finally:
        for process in running.values():
            process.terminate()


def bank_status(folder: Path) -> dict[str, Any]:
    """What the agent of `folder` did last; empty where it has answered nothing yet."""
    path = folder / STATUS
    return json.loads(path.read_text()) if path.exists() else {}
