"""Ports of this machine: looked at before anything is started that would listen there."""

from __future__ import annotations

import errno
import socket

from credit.errors import FedCreditError

LAST = 65535


def check_port(port: int, command: str) -> None:
    """Raise FedCreditError where `fedcredit COMMAND` could not listen at `port`, naming one where it could."""
    why = _in_the_way(port)
    if why:
        other = next((p for p in range(port + 1, LAST + 1) if not _in_the_way(p)), None)
        instead = f": PORT={other} make {command}, or fedcredit {command} --port {other}" if other else ""
        raise FedCreditError(f"port {port} {why}{instead}")


def _in_the_way(port: int) -> str:
    """Why nothing can listen at `port` now; empty where it can."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections only linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            return "is taken" if taken else f"can't be had ({error.strerror})"
    return ""
