"""Which proposal all banks would take, even where a few of them vote to harm."""

from __future__ import annotations

import numpy as np

# A bank in eight may lie on either side without being heard (trimmed mean; Yin et al. 2018).
TRIMMED = 1 / 8
FEWEST_BANKS = 5


def trimmed_votes(changes: np.ndarray, records: np.ndarray) -> np.ndarray:
    """What each proposal adds to a record's loss, over the banks without the extreme ones.

    `changes` has what each proposal adds to each bank's summed loss, shape (banks, proposals); `records` the
    banks' numbers of records, shape (banks,). For each proposal an eighth of the banks on either side, one at
    least, is left out by its change a record; below five banks all count. A bank without records has no vote.
    Returns shape (proposals,), zeros where no bank has a record.
    """
    voting = records > 0
    changes, records = changes[voting], records[voting]
    banks = len(records)
    if not banks:
        return np.zeros(changes.shape[1])
    cut = max(1, int(banks * TRIMMED)) if banks >= FEWEST_BANKS else 0
    rank = np.argsort(np.argsort(changes / records[:, None], axis=0, kind="stable"), axis=0)
    heard = (rank >= cut) & (rank < banks - cut)
    return (changes * heard).sum(axis=0) / (records[:, None] * heard).sum(axis=0)
