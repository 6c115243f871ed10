"""What a test is called, and what it can tell, by how it stands apart from the training."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Holdout:
    """The words for one kind of split, for use inside sentences; `apart` and `economy` are clauses."""

    split: str
    test: str
    records: str
    where: str
    apart: str
    economy: str


_SAME_TIME = (
    "training and test are of the same time, so that no figure shows how far a change of the economy moves the "
    "level of risk"
)
HOLDOUTS = {
    "time": Holdout(
        split="by time",
        test="out-of-time test",
        records="out-of-time records",
        where="out of time",
        apart="the test holds later records than the training",
        economy="the calibration error out of time shows how far a change of the economy moves the level of risk",
    ),
    "entity": Holdout(
        split="by customer",
        test="test on other customers",
        records="other customers' records",
        where="on other customers",
        apart="the test holds other customers than the training",
        economy=_SAME_TIME,
    ),
    "row": Holdout(
        split="by row",
        test="test on other records",
        records="other records",
        where="on other records",
        apart="the test holds other records than the training",
        economy=_SAME_TIME,
    ),
}
"""by the contract's `split.by`"""
