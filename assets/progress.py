"""Progress of long work, for whoever watches: a handler on this logger draws it."""

import logging

progress = logging.getLogger("fedcredit.progress")


def report_round(family: str, number: int, total: int, loss: float | None) -> None:
    """Say that a round of a family's training is done."""
    text = f"{family}: round {number} of {total}" + (
        f", validation loss {loss:.4f}" if loss is not None else ""
    )
    progress.info(text, extra={"family": family, "round": number, "rounds": total, "loss": loss})
