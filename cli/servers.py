"""`fedcredit dev`, `fedcredit mlflow`, `fedcredit serve`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.options import RegisteredModel
from cli.packages import champions_package
from cli.ports import LAST, check_port
from credit.home import Home


def dev_command(
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=LAST, help="Port of the Dagster UI.")] = 3000,
) -> None:
    """Open the Dagster UI on this machine: runs, lineage, schedules."""
    from pipelines.environment import prepare
    from pipelines.turn import only_ui

    home, address = Home(), f"http://127.0.0.1:{port}"
    # A UI that is open already may be what listens at the port.
    with only_ui(home, f"the Dagster UI at {address}") as kept:
        check_port(port, "dev")
        prepare(home)
        # Dagster's note to its own developers' tool, which this command stands in for.
        os.environ.setdefault("PYTHONWARNINGS", "ignore:Function `dev_command` is superseded")
        print(f"the Dagster UI: {address}", flush=True)
        options = ["--workspace", "workspace.yaml", "--port", str(port), "--log-level", "warning"]
        _become([_tool("dagster"), "dev", *options], kept)


def mlflow_command(
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=LAST, help="Port of the MLflow UI.")] = 5000,
) -> None:
    """Open the MLflow UI on this machine: runs, figures, model versions."""
    from pipelines.environment import prepare

    check_port(port, "mlflow")
    home = Home()
    prepare(home)
    # MLflow's note to its own developers, of a library of its server.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:starlette.middleware.wsgi is deprecated")
    print(f"the MLflow UI: http://127.0.0.1:{port}", flush=True)
    _become([_tool("mlflow"), "server", *_stores(home), *_on_this_machine(port)])


def _stores(home: Home) -> list[str]:
    """Runs and registered models in one store, artifacts beside it."""
    artifacts = (home.root / "mlartifacts").as_uri()
    uri = home.tracking_uri
    return ["--backend-store-uri", uri, "--registry-store-uri", uri, "--default-artifact-root", artifacts]


def _on_this_machine(port: int) -> list[str]:
    """One worker that answers to this machine's names alone, and speaks up where something is wrong."""
    names = f"localhost:{port},127.0.0.1:{port}"
    server = ["--port", str(port), "--workers", "1", "--allowed-hosts", names]
    return [*server, "--uvicorn-opts", "--log-level warning"]


def serve_command(
    port: Annotated[
        int, typer.Option(envvar="PORT", min=1, max=LAST, help="Port of the scoring service.")
    ] = 8000,
    bento: Annotated[
        str, typer.Option(help="A Bento's tag or a package folder; by default the champion's.")
    ] = "",
    model: RegisteredModel = "",
) -> None:
    """Serve the champion: POST /predict answers with a probability of default and its reasons.

    [dim]fedcredit serve --model credit-scorer-synthetic --port 9000[/]
    """
    from pipelines.environment import prepare

    check_port(port, "serve")
    home = Home()
    prepare(home)
    from bento import serving

    command, environment = serving.serve_command(bento or _champions_bento(home, model), port)
    print(f"the scoring service: http://127.0.0.1:{port}", flush=True)
    os.execve(command[0], command, environment)


def _champions_bento(home: Home, model: str) -> str:
    from bento.build import build_bento

    return build_bento(champions_package(home, model))


def _tool(name: str) -> str:
    """A program installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


def _become(command: list[str], *kept: int) -> None:
    """Run in the foreground; Ctrl-C and TERM reach the server, also where a shell had them ignored.

    The server has the `kept` descriptors open too: a lock on them does not fall where this process alone is killed.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, env=os.environ, preexec_fn=_default_signals, pass_fds=kept)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        raise SystemExit(process.wait())
    except KeyboardInterrupt:
        process.terminate()
        raise SystemExit(process.wait()) from None


def _default_signals() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
