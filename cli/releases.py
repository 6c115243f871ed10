"""`fedcredit release ...`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from credit.errors import RegistryError
from credit.home import Home

app = typer.Typer(no_args_is_help=True, help="Releases: what goes to the Hugging Face Hub.")


@app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument(help="A release folder, as the end of a run names it.")],
) -> None:
    """Check that a release folder holds exactly what its manifest lists.

    [dim]fedcredit release verify .fedcredit/releases/credit-scorer-v1[/]
    """
    from credit.manifest import verify_manifest

    for part in _parts(folder):
        verify_manifest(part)
        Console().print(f"{part}: as its manifest says")


@app.command("publish")
def publish_command(
    folder: Annotated[Path, typer.Argument(help="A release folder, as the end of a run names it.")],
    namespace: Annotated[
        str,
        typer.Option(
            envvar="HF_NAMESPACE", help="User or organisation on the Hub; by default the token's owner."
        ),
    ] = "",
    public: Annotated[bool, typer.Option(help="Make the repositories public.")] = False,
) -> None:
    """Publish a staged release on the Hub; needs HF_TOKEN. Publishing twice changes nothing.

    [dim]fedcredit release publish .fedcredit/releases/credit-scorer-v1 --namespace my-bank[/]
    """
    from registry.hub import publish_release

    token = os.environ.get("HF_TOKEN")
    if not token:
        raise RegistryError("HF_TOKEN is not set: give a Hub token with write access in the environment")
    _parts(folder)
    done = publish_release(folder, token=token, namespace=namespace, private=not public)
    Console().print(f"{done.state}: {done.model_url} at {done.model_revision}")


def _parts(folder: Path) -> list[Path]:
    parts = [folder / "model", folder / "dataset"]
    if not all(p.is_dir() for p in parts):
        there = sorted(map(str, Home().releases.glob("*/")))
        instead = f"name one of {', '.join(there)}" if there else "`make run` makes one"
        raise RegistryError(f"{folder} is no release folder (it needs model/ and dataset/): {instead}")
    return parts
