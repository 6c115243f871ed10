"""`python -m federated.engines.agent_process FOLDER PORT`: the warm agent of a bank's folder."""

import sys
from pathlib import Path

from federated.engines.bank_node import run_bank_agent

if __name__ == "__main__":
    run_bank_agent(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
