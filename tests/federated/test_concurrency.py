"""Banks of one process train and predict at the same time."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_bank_may_predict_while_another_trains():
    """A process of its own: where their numbers of threads differ, LightGBM takes it down."""
    command = [sys.executable, "-m", "tests.federated.concurrent_lightgbm"]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], timeout=120, check=False).returncode == 0
