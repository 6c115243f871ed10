"""`fedcredit dev`, `fedcredit mlflow`, `fedcredit serve`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from credit.errors import FedCreditError
from credit.home import Home


def dagster_ui(port: int) -> None:
    """Dagster's UI and daemon on the workspace of this folder, until stopped."""
    from pipelines.environment import prepare

    prepare(Home())
    _become(
        [
            _tool("dagster"),
            "dev",
            "--workspace",
            "workspace.yaml",
            "--port",
            str(port),
            "--log-level",
            "warning",
        ]
    )


def mlflow_ui(port: int) -> None:
    """MLflow's UI on the home's tracking store, until stopped."""
    from pipelines.environment import prepare

    home = Home()
    prepare(home)
    artifacts = (home.root / "mlartifacts").as_uri()
    store = ["--backend-store-uri", home.tracking_uri, "--default-artifact-root", artifacts]
    _become([_tool("mlflow"), "server", "--port", str(port), "--workers", "1", *store])


def scoring_service(port: int, bento: str) -> None:
    """The scoring service on the champion's Bento (or the one named), until stopped."""
    from pipelines.environment import prepare

    home = Home()
    prepare(home)
    from bento.serving import serve

    serve(bento or _champions_bento(home), port)


def _champions_bento(home: Home) -> str:
    from pipelines.io_manager import fetch

    stored = home.storage / "scoring_service" / "value"
    if not stored.is_dir():
        raise FedCreditError("there is no champion to serve yet: run `make run` first")
    return fetch(stored / "value")["tag"]


def _tool(name: str) -> str:
    """A program installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


def _become(command: list[str]) -> None:
    """Run in the foreground with default signals, so that Ctrl-C and TERM reach the server alone."""
    process = subprocess.Popen(command, env=os.environ)
    try:
        raise SystemExit(process.wait())
    except KeyboardInterrupt:
        process.terminate()
        raise SystemExit(process.wait()) from None
