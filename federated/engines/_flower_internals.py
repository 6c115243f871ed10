"""Every name that Flower 1.41 does not promise to keep: the one module to mend after an upgrade."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace

import httpx
from flwr.app import Context, Error, Message
from flwr.common.constant import SUPERLINK_NODE_ID, ErrorCode, SubStatus
from flwr.common.serde import (
    fab_to_proto,
    message_from_proto,
    message_to_proto,
    run_from_proto,
)
from flwr.proto.control_pb2 import (
    ListNodesRequest,
    RegisterNodeRequest,
    StartRunRequest,
    UnregisterNodeRequest,
)
from flwr.proto.message_pb2 import Message as ProtoMessage
from flwr.proto.runtime_pb2 import (
    AcquireTaskRequest,
    PullTaskInputRequest,
    PushTaskOutputRequest,
    SendTaskHeartbeatRequest,
)
from flwr.serverapp import Grid
from flwr.supercore.constant import TaskType
from flwr.supercore.control import ControlHttpClient
from flwr.supercore.fab import Fab
from flwr.supercore.heartbeat import HeartbeatSender
from flwr.supercore.inflatable.inflatable_utils import pull_and_inflate_object_from_tree, pull_objects
from flwr.supercore.interceptors import (
    RuntimeTokenHttpInterceptor,
    RuntimeVersionHttpInterceptor,
    SuperExecAuthHttpInterceptor,
)
from flwr.supercore.retry import make_simple_http_retry_invoker
from flwr.supercore.run import Run
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supercore.task_identity import TaskIdentity
from flwr.superlink.grid import HttpGrid

from federated.engines.folding import folded, unfolded_or_failed

# flwr's logger takes every level and hands it on to the root's handlers: its variable binds its own only.
logging.getLogger("flwr").setLevel(os.environ["FLWR_LOG_LEVEL"].upper())

SHORTEST = 0.02
HALF_SENT = 60.0


def _pull_with(**patience: float) -> None:
    """Change how this process waits for what has been told of but not been pushed as yet."""
    for pull in (pull_objects, pull_and_inflate_object_from_tree):
        pull.__kwdefaults__ = {**(pull.__kwdefaults__ or {}), **patience}


# A message is told of before all of it has been pushed; its reader would sleep a whole second for the rest.
_pull_with(initial_backoff=SHORTEST, backoff_cap=1.0)

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


def build_bundle(files: dict[str, bytes]) -> bytes:
    """A Flower App Bundle of `files`; the same files give the same bytes."""
    from flwr.cli.build import build_fab_from_files

    return build_fab_from_files(files)[0]


def control_client(address: str, ca: bytes) -> ControlHttpClient:
    """A client of a SuperLink's Control API, which only the coordinator's machine can reach."""
    version = RuntimeVersionHttpInterceptor(component_name="flwr CLI")
    return ControlHttpClient.from_server_address(address, False, ca, [version])


def register_node(address: str, ca: bytes, public_key: bytes, name: str) -> None:
    """Let the SuperNode of a key, PEM of its elliptic curve, connect; once more changes nothing."""
    client = control_client(address, ca)
    try:
        client.RegisterNode(RegisterNodeRequest(public_key=public_key, name=name))
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.PRECONDITION_FAILED:
            raise
    finally:
        client.close()


def unregister_node(address: str, ca: bytes, name: str) -> None:
    """Shut the SuperNode of this name out."""
    client = control_client(address, ca)
    try:
        for node in client.ListNodes(ListNodesRequest()).nodes_info:
            if node.name == name and node.status != "unregistered":
                client.UnregisterNode(UnregisterNodeRequest(node_id=node.node_id))
    finally:
        client.close()


def node_states(address: str, ca: bytes) -> dict[str, str]:
    """What the SuperLink says of each registered SuperNode, by name."""
    client = control_client(address, ca)
    try:
        nodes = client.ListNodes(ListNodesRequest()).nodes_info
        return {node.name: node.status for node in nodes if node.status != "unregistered"}
    finally:
        client.close()


class AttachedGrid(HttpGrid):
    """The grid of a run, whose messages travel folded; it also tells under which name each node's key is registered."""

    registered: Callable[[], dict[int, str]]

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        return super().push_messages([folded(message) for message in messages])

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        return [unfolded_or_failed(reply) for reply in super().pull_messages(message_ids)]


@contextmanager
def attached_grid(address: str, ca: bytes, secret: bytes, bundle: Fab) -> Iterator[Grid]:
    """The grid of a new run of `bundle` whose ServerApp is this process: it takes the run's task itself.

    The link hears heartbeats while the grid is open, and how the run ended when it closes.
    """
    # The rest of an answer whose bank was killed never comes: the other banks would wait for it for minutes.
    _pull_with(max_time=HALF_SENT)
    run_id = _start_run(address, ca, bundle)
    grid = AttachedGrid(address, False, ca, token=_acquire(address, ca, secret, TaskType.SERVER_APP, run_id))
    grid.registered = lambda: _registered_names(address, ca)
    client = grid._runtime_client
    heart = _beating(client)
    outcome = SubStatus.FAILED
    try:
        given = client.PullTaskInput(PullTaskInputRequest())
        TaskIdentity.task_id, TaskIdentity.run_id = given.task_id, given.run.run_id
        TaskIdentity.node_id = given.context.node_id
        grid.set_run(run_from_proto(given.run))
        yield grid
        outcome = SubStatus.COMPLETED
    finally:
        client.PushTaskOutput(PushTaskOutputRequest(sub_status=outcome, details=""))
        heart.stop()
        grid.close()


def serve_tasks(
    address: str,
    secret: bytes,
    respond: Callable[[Message, Context, str], Message],
    stopped: Callable[[], bool],
    longest: float = 0.2,
) -> None:
    """Answer the messages that the SuperNode at `address`, on this machine, brings, until `stopped`.

    `respond` gets message, context and the sha256 of the app bundle that the message is of; what it raises
    goes back as an Error reply. `longest` bounds, in seconds, how long it waits before it asks again.
    """
    waits, executor = Waits(longest), _runtime_client(address, None, _signed(secret))
    request = AcquireTaskRequest(supported_task_types=[TaskType.CLIENT_APP])
    while not stopped():
        try:
            task = executor.AcquireTask(request)
        except httpx.TransportError:
            time.sleep(1.0)
            continue
        if not (task.HasField("task") and task.token):
            waits.wait()
            continue
        waits.restart()
        try:
            _serve_task(address, task.token, respond)
        except Exception:
            # The SuperNode went away or dropped the task: the agent stays, for the next one.
            logging.getLogger(__name__).exception("a message could not be answered")
    executor.close()


class Waits:
    """Waits that double from SHORTEST to `longest` seconds until something came: busy, it asks often, idle, seldom."""

    def __init__(self, longest: float):
        self._longest = self._next = longest

    def restart(self) -> None:
        self._next = min(SHORTEST, self._longest)

    def wait(self) -> None:
        time.sleep(self._next)
        self._next = min(2 * self._next, self._longest)


def run_supernode(arguments: Iterable[str], longest: float) -> None:
    """Flower's SuperNode, which sleeps `longest` seconds at most.

    Its own pace is 3 seconds when the link had no message, and half of one until its agent has replied.
    """
    from flwr.supernode.cli.flower_supernode import flower_supernode

    waits, awaited = Waits(longest), 0.0

    def sleep(seconds: float) -> None:
        nonlocal awaited
        if seconds != awaited:
            # It waits for something else now: what it waited for has come.
            awaited = seconds
            waits.restart()
        waits.wait()

    vars(import_module("flwr.supernode.start_client_internal")).update(time=SimpleNamespace(sleep=sleep))
    sys.argv = ["flower-supernode", *arguments]
    flower_supernode()


def _registered_names(address: str, ca: bytes) -> dict[int, str]:
    client = control_client(address, ca)
    try:
        return {node.node_id: node.name for node in client.ListNodes(ListNodesRequest()).nodes_info}
    finally:
        client.close()


def fab_of(content: bytes, sha256: str) -> Fab:
    """An app bundle as Flower names it."""
    return Fab(sha256, content, {})


def _start_run(address: str, ca: bytes, bundle: Fab) -> int:
    client = control_client(address, ca)
    try:
        started = client.StartRun(StartRunRequest(fab=fab_to_proto(bundle)))
    finally:
        client.close()
    return started.run_id


def _acquire(address: str, ca: bytes, secret: bytes, kind: str, run_id: int, pause: float = 0.2) -> str:
    """The token of the run's task."""
    client = _runtime_client(address, ca, _signed(secret))
    try:
        while True:
            given = client.AcquireTask(AcquireTaskRequest(supported_task_types=[kind]))
            if given.HasField("task") and given.token and given.task.run_id == run_id:
                return given.token
            time.sleep(pause)
    finally:
        client.close()


def _serve_task(address: str, token: str, respond: Callable[[Message, Context, str], Message]) -> None:
    from flwr.supernode.runtime.run_clientapp import pull_task_input, push_message, push_task_output

    client = _runtime_client(address, None, RuntimeTokenHttpInterceptor(token))
    heart = _beating(client)
    context, state, why = None, SubStatus.FAILED, "the message could not be read"
    try:
        message, context, _, bundle = pull_task_input(client)
        try:
            reply, state, why = respond(message, context, bundle.hash_str), SubStatus.COMPLETED, ""
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            reply = Message(Error(CLIENT_APP_RAISED, why), reply_to=message)
        push_message(client, reply, context)
    finally:
        push_task_output(client, context, state, why)
        heart.stop()
        client.close()


def _beating(client: RuntimeHttpClient) -> HeartbeatSender:
    """Heartbeats for a task; unlike Flower's own, a refused one does not interrupt this process."""

    def beat() -> bool:
        try:
            client.SendTaskHeartbeat(SendTaskHeartbeatRequest())
        except httpx.HTTPError:
            return False
        return True

    heart = HeartbeatSender(beat)
    heart.start()
    return heart


def _signed(secret: bytes) -> SuperExecAuthHttpInterceptor:
    return SuperExecAuthHttpInterceptor(
        master_secret=secret, protected_methods={"/flwr.proto.Runtime/AcquireTask"}
    )


def _runtime_client(address: str, ca: bytes | None, *interceptors) -> RuntimeHttpClient:
    version = RuntimeVersionHttpInterceptor(component_name="flwr-clientapp")
    return RuntimeHttpClient.from_server_address(
        address, ca is None, ca, [version, *interceptors], retry_invoker=make_simple_http_retry_invoker()
    )
