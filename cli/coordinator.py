"""`fedcredit coordinator ...`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.ports import LAST

app = typer.Typer(no_args_is_help=True, help="The coordinator: where banks meet.")
CoordinatorFolder = Annotated[
    Path, typer.Option("--folder", envvar="COORDINATOR", help="The coordinator's folder.")
]
SECONDS_BETWEEN_LOOKS = 3.0


@app.command("init")
def init_command(
    host: Annotated[list[str], typer.Option(help="Name or address by which banks reach the gate.")],
    folder: CoordinatorFolder = Path("coordinator"),
    gate_port: Annotated[int, typer.Option(min=1, max=LAST, help="Port for the banks.")] = 9443,
    link_port: Annotated[
        int, typer.Option(min=1, max=LAST, help="Port of the SuperLink, for this machine only.")
    ] = 9090,
) -> None:
    """Make certificates, secret and settings of a coordinator.

    [dim]fedcredit coordinator init --host fed.example.org[/]
    """
    from federated.engines.coordinator import Coordinator, Settings

    made = Coordinator.create(folder, Settings(hosts=host, gate_port=gate_port, link_port=link_port))
    console = Console()
    console.print(f"[bold]made[/]      {made.folder}")
    console.print(f"[bold]to banks[/]  {made.folder / 'ca.crt'}, and the address {host[0]}:{gate_port}")
    console.print(
        f"[bold]of banks[/]  their bank.pub, as {made.folder / 'banks'}/NAME.pub, named as `fedcredit bank init` said"
    )


@app.command("up")
def up_command(folder: CoordinatorFolder = Path("coordinator")) -> None:
    """Run SuperLink and gate; take in banks whose public keys are in the folder's banks/."""
    from federated.engines.coordinator import Coordinator
    from federated.engines.deployment import wait_for_link
    from federated.engines.processes import interrupt_on_terminate, start_gate, start_superlink

    interrupt_on_terminate()
    here, console = Coordinator(folder), Console()
    processes = {"SuperLink": start_superlink(here), "gate": start_gate(here)}
    try:
        wait_for_link(here)
        settings = here.settings
        console.print(f"the gate for banks listens at {settings.gate_host}:{settings.gate_port}; ^C ends it")
        _watch(here, processes, console)
    finally:
        for process in processes.values():
            process.terminate()


def _watch(here, processes, console: Console) -> None:
    """Say whenever a bank's state changes. Raises FederationError where a process has ended."""
    from credit.errors import FederationError
    from federated.engines.deployment import bank_states, register_banks

    told: dict[str, str] = {}
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                raise FederationError(f"the {name} ended: see {here.folder / name.lower()}.log")
        register_banks(here)
        states = bank_states(here)
        for bank, state in states.items():
            if told.get(bank) != state:
                console.print(f"{time.strftime('%H:%M:%S')}  {bank}  {state}")
        told = states
        time.sleep(SECONDS_BETWEEN_LOOKS)
