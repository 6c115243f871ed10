"""Whether a bank reaches its coordinator's gate, in words."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import httpx
from cryptography import x509


def reach(gate: str, ca: Path) -> str:
    """What came of asking the gate at host:port: "reached", or why not.

    An empty question to the fleet path is refused by the link, which shows that the way there is open.
    """
    try:
        trusted = ssl.create_default_context(cafile=str(ca))
        answer = httpx.post(f"https://{gate}/v1/fleet/pull-messages", content=b"", verify=trusted, timeout=10)
    except (OSError, ssl.SSLError) as error:
        return f"{ca}: no certificate authority ({error}): ask the coordinator for its ca.crt"
    except httpx.TransportError as error:
        return f"not reached ({error})"
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return "the gate answers, the SuperLink behind it does not"
    return f"reached; its certificate ends {_end(gate, ca):%Y-%m-%d}"


def _end(gate: str, ca: Path) -> dt.datetime:
    host, _, port = gate.rpartition(":")
    shown = ssl.get_server_certificate((host, int(port)), ca_certs=str(ca))
    return x509.load_pem_x509_certificate(shown.encode()).not_valid_after_utc
