"""The project as a user has it: its command line, on a home of its own, and a browser."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from federated.engines.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Project:
    """The command line on one home."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        foreign = (
            "HF_TOKEN",
            "MLFLOW_TRACKING_URI",
            "DAGSTER_HOME",
            "BENTOML_HOME",
            "CONSORTIUM",
            "DATASET",
            "BANKS",
        )
        inherited = {k: v for k, v in os.environ.items() if k not in foreign}
        return {**inherited, "FEDCREDIT_HOME": str(self.home), **self.settings}

    def command(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `fedcredit` with these words to its end."""
        return subprocess.run(
            self.words(*words),
            cwd=ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def words(self, *words: str) -> list[str]:
        return [str(Path(sys.executable).with_name("fedcredit")), *words]

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`fedcredit run` with its report in the home."""
        return self.command("run", "--report", str(self.home / "latest.json"), *words, **environment)

    @contextlib.contextmanager
    def server(self, *words: str, path: str = "/") -> Iterator[str]:
        """`fedcredit WORDS` listening on a free port; yields its address once `path` answers."""
        port = free_port()
        process = subprocess.Popen(
            self.words(*words),
            cwd=ROOT,
            env={**self.environment, "PORT": str(port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address + path, process)
            yield address
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)


def wait_for(url: str, process: subprocess.Popen, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server for {url} ended with {process.returncode}"
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.3)
    raise AssertionError(f"{url} did not answer within {seconds:.0f} s")


@contextlib.contextmanager
def browser_page(width: int = 1500, height: int = 950) -> Iterator:
    """A page of headless Chromium; skips the test where Chromium is not installed."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        try:
            yield browser.new_page(viewport={"width": width, "height": height})
        finally:
            browser.close()
