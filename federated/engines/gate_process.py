"""`python -m federated.engines.gate_process FOLDER`: the gate of a coordinator's folder."""

import sys
from pathlib import Path

from federated.engines.coordinator import Coordinator
from federated.engines.gate import run_gate

if __name__ == "__main__":
    here = Coordinator(Path(sys.argv[1]))
    run_gate(here.settings.gate_host, here.settings.gate_port, here.link, here.folder)
