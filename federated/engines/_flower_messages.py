"""Flower 1.41's messages in memory: copied and sized as the wire would, without going over it.

Serialising a message takes twenty times as long as this; the tests hold both to the same result.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flwr.app import Array, ArrayRecord, ConfigRecord, Error, Message, MetricRecord, RecordDict
from flwr.common.serde import recorddict_from_proto, recorddict_to_proto
from flwr.proto.recorddict_pb2 import RecordDict as ProtoRecordDict


def messages_of(contents: Mapping[int, RecordDict], route: str) -> list[Message]:
    """A message of `route` to each node of `contents`: Flower makes the first one, the others are like it."""
    made: list[Message] = []
    for node, content in contents.items():
        if not made:
            made.append(Message(content, node, route))
        else:
            metadata = _twin(made[0].__dict__["_metadata"], _dst_node_id=node)
            made.append(_twin(made[0], _metadata=metadata, _content=content))
    return made


def answer_to(question: Message, content: RecordDict) -> Message:
    """`Message(content, reply_to=question)`, without Flower's search for what its arguments might mean."""
    asked, now = question.__dict__["_metadata"].__dict__, time.time()
    metadata = _twin(
        question.__dict__["_metadata"],
        _message_id="",
        _src_node_id=asked["_dst_node_id"],
        _dst_node_id=asked["_src_node_id"],
        _src_task_id=asked["_dst_task_id"],
        _dst_task_id=asked["_src_task_id"],
        _reply_to_message_id=asked["_message_id"],
        _created_at=now,
        _ttl=asked["_created_at"] + asked["_ttl"] - now,
    )
    return _twin(question, _metadata=metadata, _content=content)


def received(message: Message) -> Message:
    """What the wire would give of `message`: it shares nothing with it but what nobody can change."""
    parts = message.__dict__
    metadata, content, error = _twin(parts["_metadata"]), parts["_content"], parts["_error"]
    if error is not None:
        return _twin(message, _metadata=metadata, _error=Error(error.code, error.reason))
    return _twin(message, _metadata=metadata, _content=received_content(content))


def received_content(content: RecordDict) -> RecordDict:
    """A copy of `content` that shares bytes, text and numbers with it, but no record, array or list."""
    return _twin(content, _data={name: _received_record(r) for name, r in _data(content).items()})


def _received_record(record: Any) -> Any:
    values = _data(record).copy()
    for key, value in values.items():
        if isinstance(value, Array):
            values[key] = _twin(value)
        elif isinstance(value, list):
            values[key] = list(value)
    return _twin(record, _data=values)


def _twin(original: Any, **other: Any) -> Any:
    """Another object with the same attributes, but for `other`."""
    twin = object.__new__(original.__class__)
    twin.__dict__ = {**original.__dict__, **other}
    return twin


def array_of(dtype: str, shape: tuple[int, ...], stype: str, data: bytes) -> Array:
    """An Array of these parts, without Flower's search for what its arguments might mean."""
    array = Array.__new__(Array)
    vars(array).update(dtype=dtype, shape=shape, stype=stype, data=data)
    return array


def array_record(arrays: Mapping[str, Array]) -> ArrayRecord:
    """A record of `arrays` themselves, where ArrayRecord would copy each."""
    record = ArrayRecord()
    _data(record).update(arrays)
    return record


def metric_record(figures: Mapping[str, float]) -> MetricRecord:
    """A record of `figures`, without a check of each."""
    record = MetricRecord()
    _data(record).update(figures)
    return record


def content_of(records: Mapping[str, ArrayRecord | MetricRecord | ConfigRecord]) -> RecordDict:
    """Content of these `records`, without a check of each."""
    content = RecordDict()
    _data(content).update(records)
    return content


def content_to_bytes(content: RecordDict) -> bytes:
    """`content` as one string of bytes."""
    return recorddict_to_proto(content).SerializeToString(deterministic=True)


def content_from_bytes(data: bytes) -> RecordDict:
    """The content that `content_to_bytes` wrote."""
    return recorddict_from_proto(ProtoRecordDict.FromString(data))


def content_bytes(content: RecordDict) -> int:
    """Size of `content` on the wire, in bytes."""
    try:
        return sum(_item(name, _record_bytes(record)) for name, record in content.items())
    except TypeError:
        return recorddict_to_proto(content).ByteSize()


def _data(record: Any) -> dict[str, Any]:
    return record.__dict__["_data"]


def _record_bytes(record: ArrayRecord | MetricRecord | ConfigRecord) -> int:
    """Bytes of a record; raises TypeError for one that holds lists."""
    if isinstance(record, ArrayRecord):
        return sum(_array_item(n, a.dtype, a.shape, a.stype, len(a.data)) for n, a in record.items())
    return sum(_item(name, _value_bytes(value)) for name, value in record.items())


@lru_cache(4096)
def _array_item(name: str, dtype: str, shape: tuple[int, ...], stype: str, data: int) -> int:
    parts = len(dtype), sum(map(_varint, shape)), len(stype), data
    return _item(name, sum(_part(length) for length in parts if length))


def _value_bytes(value: Any) -> int:
    """Bytes of a figure or a setting, its field's number included; raises TypeError for lists."""
    if isinstance(value, bool):
        return 2
    if isinstance(value, float):
        return 9
    if isinstance(value, int):
        return 1 + _varint(value if value >= 2**63 else 2 * value if value >= 0 else -2 * value - 1)
    if isinstance(value, bytes):
        return _part(len(value))
    if isinstance(value, str):
        return _part(len(value.encode()))
    raise TypeError(f"no simple value: {type(value).__name__}")


@lru_cache(4096)
def _item(name: str, value: int) -> int:
    """Bytes of a map's entry: its key, and a value of so many bytes."""
    key = len(name.encode())
    return _part((_part(key) if key else 0) + _part(value))


def _part(length: int) -> int:
    """Bytes of a field of so many bytes, with its number and its length."""
    return 1 + _varint(length) + length


def _varint(number: int) -> int:
    return max(1, (number.bit_length() + 6) // 7)
