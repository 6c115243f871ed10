"""A real `bentoml serve` on a free port."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bento.serving import serve_command
from federated.engines.processes import free_port

PATIENCE = 60.0


@contextmanager
def serving(target: str | Path, ready: str = "/readyz", **environment: str) -> Iterator[httpx.Client]:
    """A client of the service on `target`, stopped at the end."""
    port = free_port()
    command, variables = serve_command(target, port)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env={**variables, **environment}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _wait(client, ready, process)
                yield client
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
            log.seek(0)
            print(log.read().decode(errors="replace"))


def _wait(client: httpx.Client, path: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            if client.get(path).status_code in (200, 503):
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the service did not answer {path} within {PATIENCE:g} seconds")
