"""A small Hugging Face Hub on this machine, for the unmodified client to talk to over HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Self

import uvicorn

from tests.hub.call import State
from tests.hub.server import HubApp
from tests.hub.store import Blob, Repo

__all__ = ["Blob", "LocalHub", "Repo"]


class LocalHub:
    """A Hub that serves while the `with` block runs.

    Parameters
    ----------
    tokens: account name of each valid token; an account writes to its own namespace.
    read_only: tokens that may only read.
    page_size: entries on a page of a tree listing.
    large_from: bytes from which a file travels by LFS.
    """

    def __init__(
        self,
        tokens: dict[str, str],
        read_only: Iterable[str] = (),
        page_size: int = 1000,
        large_from: int = 100_000,
    ) -> None:
        self.state = State(tokens, set(read_only), page_size, large_from)
        self.app = HubApp(self.state)
        config = uvicorn.Config(
            self.app, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.state.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *failure: object) -> None:
        self.app.silent = False
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    @property
    def endpoint(self) -> str:
        return self.state.endpoint

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Method and raw path of each request so far."""
        return self.app.requests

    def requests_to(self, fragment: str) -> list[tuple[str, str]]:
        """Requests whose path holds `fragment`."""
        return [request for request in self.requests if fragment in request[1]]

    def repo(self, repo_id: str, kind: str = "models") -> Repo:
        """A repository as the Hub holds it."""
        return self.state.store.repos[kind, repo_id]

    def fail(self, status: int, times: int = 1) -> None:
        """Answer the next requests with an error status."""
        self.app.failures.extend([status] * times)

    def fall_silent(self) -> None:
        """Accept requests from now on but never answer them."""
        self.app.silent = True

    def charge_for_docker(self) -> None:
        """Be a Hub whose accounts have not paid for Docker Spaces."""
        self.state.paid = False

    def meanwhile(self, fragment: str, action: Callable[[], object]) -> None:
        """Do something just before the next request whose path holds `fragment` is answered."""
        self.app.meanwhile.append((fragment, action))
