"""`python -m federated.engines.agent_process FOLDER`: the warm agent of a bank's folder."""

import sys
from pathlib import Path

from federated.engines.agent import run_agent
from federated.engines.bundle import bundle_sha256
from federated.membership import load_membership
from federated.records import own_records
from federated.site import BankSite

if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    bank = load_membership(folder)
    own = own_records(bank, folder / "work")
    run_agent(
        BankSite(own.records, own.contract.spec),
        f"127.0.0.1:{bank.agent_port}",
        (folder / "secret").read_bytes(),
        {bundle_sha256(), *bank.allowed_bundles},
    )
