"""`python -m federated.engines.supernode_process ...`: Flower's SuperNode, which asks for messages more often."""

import sys

from federated.engines._flower_internals import run_supernode
from federated.engines.processes import POLL_SECONDS

if __name__ == "__main__":
    run_supernode(sys.argv[1:], POLL_SECONDS)
