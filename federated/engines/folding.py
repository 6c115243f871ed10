"""Messages folded for the link.

Between coordinator and agent Flower hands on every record, array and piece of an array by requests of their own,
three times over: a folded message takes half as many.
"""

from __future__ import annotations

from flwr.app import ConfigRecord, Error, Message, RecordDict
from flwr.app.message import make_message
from flwr.common.constant import ErrorCode
from google.protobuf.message import DecodeError

from credit.errors import FederationError
from federated.engines._flower_messages import content_from_bytes, content_to_bytes

FOLDED = "folded"
OTHER_VERSION = (
    "this message was not packed as this version of fedcredit does: "
    "install the same version at the coordinator and at the banks"
)


def folded(message: Message) -> Message:
    """`message` with its content as one setting; one that brings an error stays as it is."""
    if not message.has_content():
        return message
    whole = ConfigRecord({FOLDED: content_to_bytes(message.content)})
    return make_message(message.metadata, RecordDict({FOLDED: whole}))


def unfolded(message: Message) -> Message:
    """What `folded` folded. Raises FederationError where nothing was, or where it can't be read."""
    if not message.has_content():
        return message
    packed = message.content.config_records.get(FOLDED, {}).get(FOLDED)
    if not isinstance(packed, bytes):
        raise FederationError(OTHER_VERSION)
    try:
        return make_message(message.metadata, content_from_bytes(packed))
    except (DecodeError, LookupError, TypeError, ValueError) as error:
        raise FederationError(OTHER_VERSION) from error


def unfolded_or_failed(reply: Message) -> Message:
    """`unfolded`, or an error reply: a bank that answers in another way must not end the others' training."""
    try:
        return unfolded(reply)
    except FederationError as error:
        failed = Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, str(error))
        return make_message(reply.metadata, error=failed)
