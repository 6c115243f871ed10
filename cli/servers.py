"""`fedcredit dev`, `fedcredit mlflow`, `fedcredit serve`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from credit.errors import FedCreditError
from credit.home import Home


def dagster_ui(port: int) -> None:
    """Dagster's UI and daemon on the workspace of this folder, until stopped."""
    from pipelines.environment import prepare

    prepare(Home())
    print(f"the Dagster UI: http://127.0.0.1:{port}", flush=True)
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
    print(f"the MLflow UI: http://127.0.0.1:{port}", flush=True)
    store = ["--backend-store-uri", home.tracking_uri, "--default-artifact-root", artifacts]
    _become([_tool("mlflow"), "server", "--port", str(port), "--workers", "1", *store])


def scoring_service(port: int, bento: str, model: str) -> None:
    """The scoring service on the champion's Bento (or the one named), until stopped."""
    from pipelines.environment import prepare

    home = Home()
    prepare(home)
    from bento.serving import serve

    target = bento or _champions_bento(home, model)
    print(f"the scoring service: http://127.0.0.1:{port}", flush=True)
    serve(target, port)


def package_continuations(banks: list[str], output: Path, model: str) -> None:
    """Write the champion's package with the continuations of `banks`, of the last run."""
    from rich.console import Console

    from bento.packaging import add_continuations
    from credit.models import load_model, read_head
    from pipelines.environment import prepare

    home = Home()
    prepare(home)
    package = _champions_package(home, model)
    family = read_head(package)["family"]
    folders = {bank: home.storage / "personal_models" / bank / "value" / f"{family}.model" for bank in banks}
    for bank, folder in folders.items():
        if not folder.is_dir():
            raise FedCreditError(
                f"there is no continuation of {bank} in {folder}: is it an alias of the consortium?"
            )
    add_continuations(package, output, {bank: load_model(folder) for bank, folder in folders.items()})
    console = Console(soft_wrap=True)
    console.print(f"serve it: fedcredit serve --bento {output}, and ask /predict?bank={banks[0]}")
    console.print("It holds these banks' own trees: give it to nobody but them.")


def _champions_bento(home: Home, model: str) -> str:
    from bento.build import build_bento

    return build_bento(_champions_package(home, model))


def _champions_package(home: Home, model: str) -> Path:
    from cli.models import open_registry

    registry = open_registry(model)
    sitting = registry.champion()
    if sitting is None:
        packaged = sorted({p.name.rpartition("-")[0] for p in home.packages.glob("*-*")})
        others = f", or serve one of {', '.join(packaged)} with --model" if packaged else ""
        raise FedCreditError(f"{registry.model} has no champion yet: run `make run` first{others}")
    package = home.package(registry.model, sitting.number)
    if not package.is_dir():
        raise FedCreditError(
            f"champion version {sitting.number} is not packaged yet: run `make run` once more"
        )
    return package


def _tool(name: str) -> str:
    """A program installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


def _become(command: list[str]) -> None:
    """Run in the foreground; Ctrl-C and TERM reach the server, also where a shell had them ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, env=os.environ, preexec_fn=_default_signals)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        raise SystemExit(process.wait())
    except KeyboardInterrupt:
        process.terminate()
        raise SystemExit(process.wait()) from None


def _default_signals() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
