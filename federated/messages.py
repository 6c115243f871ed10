"""Every message between the coordinator and a bank, and how it is packed.

No message holds a record, or anything whose size grows with the number of a bank's records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, MetricRecord, RecordDict

from federated.array_bytes import from_array, to_array
from federated.engines._flower_messages import (
    array_of,
    array_record,
    content_bytes,
    content_of,
    metric_record,
)

ARRAYS, CONFIG, METRICS = "arrays", "config", "metrics"
SUMS = "sums"
BLOB_TYPE = "blob"
EXAMPLES = "num-examples"
Record = TypeVar("Record", ArrayRecord, MetricRecord, ConfigRecord)


@dataclass(frozen=True)
class Kind:
    """One kind of message: its Flower message type, its question, its answer.

    `additive` marks answers that only their sum over banks is needed of, so that they can be masked.
    """

    name: str
    route: str
    asks: str
    answers: str
    additive: bool


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "identity",
            "query.identity",
            "nothing",
            "bank name, contract fingerprint, records by part",
            False,
        ),
        Kind(
            "counts",
            "query.counts",
            "nothing",
            "train records by category level and outcome",
            True,
        ),
        Kind(
            "moments",
            "query.moments",
            "encoding",
            "count, sum, sum of squares by feature (train)",
            True,
        ),
        Kind(
            "cells",
            "query.cells",
            "encoding, a grid of each feature",
            "train records by cell of the grids",
            True,
        ),
        Kind(
            "agree",
            "query.agree",
            "the agreement: family, encoding, base, scale",
            "nothing",
            False,
        ),
        Kind(
            "weights",
            "train",
            "logistic weights",
            "locally improved weights, number of records",
            False,
        ),
        Kind(
            "propose",
            "train.propose",
            "deltas the bank lacks",
            "new trees without statistics",
            False,
        ),
        Kind(
            "leaf_sums",
            "train.leaf_sums",
            "candidate trees, deltas the bank lacks",
            "sums of g and h and records by leaf (train, validation)",
            True,
        ),
        Kind(
            "histograms",
            "train.histograms",
            "splits so far, wanted nodes, deltas the bank lacks",
            "sums of g and h and records by bin of each node",
            True,
        ),
        Kind(
            "losses",
            "evaluate",
            "weights, or deltas the bank lacks",
            "sums of log loss, records",
            True,
        ),
        Kind(
            "tally",
            "query.tally",
            "the name of a figure and of a part, a native model, terms",
            "the figure's sums over the part",
            True,
        ),
        Kind("cover", "query.cover", "the final trees", "train records by leaf", True),
    )
}
KIND_OF_ROUTE = {kind.route: kind.name for kind in KINDS.values()}


def pack(
    arrays: Mapping[str, np.ndarray | bytes] | None = None,
    metrics: Mapping[str, float] | None = None,
    **config: Any,
) -> RecordDict:
    """A message's content; `bytes` among `arrays` travel as blobs that no strategy can average."""
    records: dict[str, ArrayRecord | MetricRecord | ConfigRecord] = {}
    if arrays is not None:
        records[ARRAYS] = array_record({name: _array(value) for name, value in arrays.items()})
    if metrics is not None:
        records[METRICS] = metric_record(metrics)
    if config:
        records[CONFIG] = ConfigRecord(config)
    return content_of(records)


def blobs(content: RecordDict) -> dict[str, bytes]:
    """The blobs of `content` by name, in the order they were packed."""
    return {n: a.data for n, a in _record(content, ARRAYS, ArrayRecord).items() if a.stype == BLOB_TYPE}


def arrays(content: RecordDict) -> dict[str, np.ndarray]:
    """The plain arrays of `content` by name; read-only."""
    record = _record(content, ARRAYS, ArrayRecord)
    return {n: from_array(a) for n, a in record.items() if a.stype != BLOB_TYPE}


def sums(content: RecordDict) -> np.ndarray:
    """The vector of an additive answer, in double precision."""
    return from_array(_record(content, ARRAYS, ArrayRecord)[SUMS]).astype(float)


def metrics(content: RecordDict) -> dict[str, float]:
    """The figures of `content`."""
    return {name: _number(value) for name, value in _record(content, METRICS, MetricRecord).items()}


def config(content: RecordDict) -> dict[str, Any]:
    """The plain values of `content`."""
    return dict(_record(content, CONFIG, ConfigRecord).items())


def size(content: RecordDict) -> int:
    """Bytes of `content` on the wire."""
    return content_bytes(content)


def _record(content: RecordDict, name: str, kind: type[Record]) -> Record:
    record = content[name]
    if not isinstance(record, kind):
        raise KeyError(name)
    return record


def _array(value: np.ndarray | bytes) -> Array:
    if isinstance(value, bytes):
        return array_of("uint8", (len(value),), BLOB_TYPE, value)
    return to_array(value)


def _number(value: Any) -> float:
    if isinstance(value, list):
        raise TypeError(f"a figure was expected, not {len(value)} of them")
    return float(value)
