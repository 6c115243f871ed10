"""A bank's agent whose sums are no numbers: `python -m tests.federated.broken_agent FOLDER PORT`."""

import sys
from pathlib import Path

import numpy as np

from federated import messages
from federated.engines import bank_node
from federated.site import BankSite


class BrokenSums(BankSite):
    """Answers as a bank whose arithmetic went wrong."""

    def answer(self, kind, content):
        answer = super().answer(kind, content)
        if kind != "leaf_sums":
            return answer
        nothing = np.full_like(messages.sums(answer), np.nan)
        return messages.pack({messages.SUMS: nothing}, messages.metrics(answer))


if __name__ == "__main__":
    vars(bank_node).update(BankSite=BrokenSums)
    bank_node.run_bank_agent(Path(sys.argv[1]), int(sys.argv[2]))
