"""Flower's deployment engine: banks behind SuperNodes, the coordinator attached to its SuperLink."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from flwr.serverapp import Grid

from credit.errors import FederationError
from federated.engines import _flower_internals as flower
from federated.engines.bundle import app_bundle, bundle_sha256
from federated.engines.coordinator import Coordinator
from federated.engines.keys import public_key_pem


@contextmanager
def deployed_grid(coordinator: Coordinator) -> Iterator[Grid]:
    """A grid over the banks connected to the coordinator's link; this process runs the rounds itself.

    Raises FederationError where the link does not answer.
    """
    bundle = flower.fab_of(app_bundle(), bundle_sha256())
    try:
        register_banks(coordinator)
        with flower.attached_grid(coordinator.link, coordinator.ca, coordinator.secret, bundle) as grid:
            yield grid
    except httpx.TransportError as error:
        raise FederationError(
            f"the SuperLink at {coordinator.link} does not answer ({error}): run `fedcredit coordinator up`"
        ) from error


def register_banks(coordinator: Coordinator) -> list[str]:
    """Let the banks whose public keys lie in the folder connect, and no other; returns their names."""
    keys = coordinator.public_keys
    for name in set(bank_states(coordinator)) - set(keys):
        flower.unregister_node(coordinator.link, coordinator.ca, name)
    for name, path in keys.items():
        flower.register_node(coordinator.link, coordinator.ca, public_key_pem(path), name)
    return list(keys)


def bank_states(coordinator: Coordinator) -> dict[str, str]:
    """Whether each registered bank is there, by name of its key, in Flower's words: registered, online, offline."""
    return flower.node_states(coordinator.link, coordinator.ca)


def wait_for_link(coordinator: Coordinator, seconds: float = 60.0) -> None:
    """Return when the SuperLink answers; raises FederationError where it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            flower.node_states(coordinator.link, coordinator.ca)
            return
        except httpx.HTTPError:
            time.sleep(0.3)
    raise FederationError(
        f"the SuperLink at {coordinator.link} did not start within {seconds:g} s: "
        f"see {coordinator.folder / 'superlink.log'}"
    )
