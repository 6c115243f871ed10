"""What a Bento needs: the packages it installs, the time until it is ready, the memory of its worker.

    python -m benchmarks.serving_footprint [--write FILE]

Builds the Bento of a LightGBM and of a CatBoost model of 300 trees, installs what each asks for into a fresh
virtual environment, serves it from there, and asks for 500 decisions with reasons. Nothing else is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.serving import FEATURES, keep, package, train
from bento.build import build_bento, quiet_environment
from federated.engines.processes import free_port

DECISIONS, PATIENCE = 500, 60.0
MEGABYTE = 1e6


def footprint(family: str, scratch: Path) -> dict[str, float]:
    """Megabytes and seconds of a Bento of this family."""
    os.environ["BENTOML_HOME"] = str(scratch / "store")
    model, X = train(family)
    tag = build_bento(package(scratch / family, model, X))
    bento = scratch / "store" / "bentos" / tag.replace(":", "/")
    python = _installed(bento / "env" / "python" / "requirements.txt", scratch / f"{family}-environment")
    unpacked = size(python.parent.parent) / MEGABYTE
    return {
        "packages, MB": unpacked,
        "Bento, MB": size(bento) / MEGABYTE,
        **_served(python, tag, X[0].tolist()),
    }


def size(folder: Path) -> int:
    """Bytes of the files of a folder."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and not f.is_symlink())


def library_size(name: str) -> float:
    """Megabytes of an installed distribution alone."""
    files = (f.locate() for f in distribution(name).files or ())
    return sum(Path(str(f)).stat().st_size for f in files if Path(str(f)).is_file()) / MEGABYTE


def _installed(requirements: Path, folder: Path) -> Path:
    """The interpreter of a new environment that holds `requirements` alone, not even pip."""
    venv.create(folder)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    subprocess.run([*command, "--no-deps", "-r", str(requirements)], check=True)
    return python


def _served(python: Path, tag: str, applicant: list[float]) -> dict[str, float]:
    port, began = free_port(), time.monotonic()
    environment = {**quiet_environment(), "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": ""}
    for attempt in ("first", "second"):  # The first start compiles; an image's layers hold what was compiled.
        began = time.monotonic()
        command = [str(python), "-m", "bentoml", "serve", tag, "--port", str(port), "--host", "127.0.0.1"]
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                _await_ready(client, process)
                seconds, spent = time.monotonic() - began, _cpu(process.pid)
                if attempt == "first":
                    continue
                for _ in range(DECISIONS):
                    answer = client.post("/predict", json=dict(zip(FEATURES, applicant, strict=True)))
                    answer.raise_for_status()
                workers = [p.memory_info().rss for p in psutil.Process(process.pid).children(recursive=True)]
                return {
                    "ready, s": seconds,
                    "ready, CPU s": spent,
                    "worker resident, MB": max(workers) / MEGABYTE,
                }
        finally:
            process.terminate()
            process.wait(20)
    raise AssertionError


def _await_ready(client: httpx.Client, process: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise SystemExit("the Bento did not get ready")


def _cpu(pid: int) -> float:
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(p.cpu_times().user + p.cpu_times().system for p in processes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="a JSON file of results to which these are added")
    chosen = parser.parse_args()
    figures: dict[str, Any] = {"load average": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as scratch:
        for family in ("lightgbm", "catboost"):
            figures[family] = footprint(family, Path(scratch))
    figures["library that is not installed, MB"] = {
        name: library_size(name) for name in ("lightgbm", "scipy", "catboost")
    }
    print(json.dumps(figures, indent=1))
    if chosen.write:
        keep(chosen.write, "footprint", figures)


if __name__ == "__main__":
    main()
