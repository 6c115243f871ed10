"""Every name that Flower 1.41 does not promise to keep: the one module to mend after an upgrade."""

from __future__ import annotations

import logging
import os

from flwr.app import Message, RecordDict
from flwr.common.constant import SUPERLINK_NODE_ID, ErrorCode
from flwr.common.serde import (
    message_from_proto,
    message_to_proto,
    recorddict_from_proto,
    recorddict_to_proto,
)
from flwr.proto.message_pb2 import Message as ProtoMessage
from flwr.proto.recorddict_pb2 import RecordDict as ProtoRecordDict
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

# flwr's logger takes every level and hands it on to the root's handlers: its variable binds its own only.
logging.getLogger("flwr").setLevel(os.environ["FLWR_LOG_LEVEL"].upper())

CLIENT_APP_RAISED = ErrorCode.CLIENT_APP_RAISED_EXCEPTION


def run_of(run_id: int) -> Run:
    """A run that no SuperLink knows."""
    return Run.create_empty(run_id)


def become_coordinator(run_id: int) -> None:
    """Give this process the identity that `Message()` reads when the coordinator writes one."""
    TaskIdentity.run_id = run_id
    TaskIdentity.node_id = SUPERLINK_NODE_ID
    TaskIdentity.task_id = 1


def set_message_id(message: Message, message_id: str) -> None:
    """What a SuperLink does on receiving `message`."""
    message.metadata.__dict__["_message_id"] = message_id


def to_wire(message: Message) -> bytes:
    """`message` as Flower's protobuf puts it on the wire."""
    return message_to_proto(message).SerializeToString(deterministic=True)


def from_wire(data: bytes) -> Message:
    """The message that `to_wire` wrote."""
    return message_from_proto(ProtoMessage.FromString(data))


def content_bytes(content: RecordDict) -> int:
    """Size of `content` on the wire."""
    return recorddict_to_proto(content).ByteSize()


def content_to_bytes(content: RecordDict) -> bytes:
    """`content` for a file."""
    return recorddict_to_proto(content).SerializeToString(deterministic=True)


def content_from_bytes(data: bytes) -> RecordDict:
    """The content that `content_to_bytes` wrote."""
    return recorddict_from_proto(ProtoRecordDict.FromString(data))
