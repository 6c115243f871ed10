"""Certificates of the coordinator and keys of banks, as files that only their owner can read."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_public_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from credit.errors import FederationError

CURVE = ec.SECP384R1()
CA_DAYS, SERVER_DAYS = 3650, 397


def create_certificates(folder: Path, hosts: Sequence[str], days: int = SERVER_DAYS) -> None:
    """Write `ca.crt`, `server.crt` and `server.key` for `hosts`, names or addresses, into `folder`.

    The authority's own key is dropped: a new server certificate comes with a new authority, which the
    banks receive as a file.
    """
    ca_key, server_key = ec.generate_private_key(CURVE), ec.generate_private_key(CURVE)
    authority = _name("fedcredit coordinator authority")
    ca = _builder(authority, authority, ca_key, CA_DAYS).add_extension(x509.BasicConstraints(True, 0), True)
    server = _builder(_name(hosts[0]), authority, server_key, days)
    server = server.add_extension(x509.SubjectAlternativeName([_alternative(h) for h in hosts]), False)
    server = server.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    _write(folder / "ca.crt", ca.sign(ca_key, hashes.SHA384()).public_bytes(Encoding.PEM), 0o644)
    _write(folder / "server.crt", server.sign(ca_key, hashes.SHA384()).public_bytes(Encoding.PEM), 0o644)
    _write(
        folder / "server.key",
        server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def create_secret(path: Path) -> None:
    """Write a random secret; it guards the taking of tasks on one machine."""
    _write(path, secrets.token_bytes(32))


def create_node_key(path: Path) -> None:
    """Write a bank's key pair to `path` and `path`.pub, in the form Flower's SuperNode reads."""
    key = ec.generate_private_key(CURVE)
    _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    _write(path.with_name(path.name + ".pub"), public + b"\n", 0o644)


def public_key_pem(path: Path) -> bytes:
    """The public key of a `.pub` file as a SuperLink registers it.

    Raises FederationError where the file holds no elliptic-curve key.
    """
    try:
        key = load_ssh_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise FederationError(f"{path}: no public key ({error}): ask the bank for its file again") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise FederationError(f"{path}: no elliptic-curve key: the bank makes one by `fedcredit bank init`")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=min(days, 0) - 1))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file that did not exist; raises FederationError rather than replace a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise FederationError(f"{path} exists already: move it away to make a new one") from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)
