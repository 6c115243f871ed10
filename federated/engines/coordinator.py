"""The coordinator's folder: addresses, certificates, the secret, the banks' public keys, the link's store."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from credit.errors import FederationError
from credit.yamlfile import read_yaml
from federated.engines.keys import create_certificates, create_secret

SETTINGS = "coordinator.yaml"


class Settings(BaseModel):
    """Where the link listens, for this machine only, and where its gate does, for the banks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    link_port: int = Field(9090, ge=1, le=65535)
    gate_host: str = "0.0.0.0"
    gate_port: int = Field(9443, ge=1, le=65535)
    hosts: list[str] = Field(min_length=1)


class Coordinator:
    """A coordinator's folder, made by `create`. Raises FederationError where it is none."""

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        try:
            self.settings = read_yaml(folder / SETTINGS, Settings, FederationError)
        except OSError as error:
            problem = (
                f"{folder / SETTINGS}: {error.strerror}: make the folder by `fedcredit coordinator init`"
            )
            raise FederationError(problem) from error

    @classmethod
    def create(cls, folder: Path, settings: Settings) -> Coordinator:
        """Write the settings, certificates for the hosts and this machine, and the secret."""
        local = ["localhost", "127.0.0.1"]
        create_certificates(folder, [*settings.hosts, *(h for h in local if h not in settings.hosts)])
        create_secret(folder / "secret")
        (folder / "banks").mkdir(exist_ok=True)
        (folder / SETTINGS).write_text(yaml.safe_dump(settings.model_dump()))
        return cls(folder)

    @property
    def link(self) -> str:
        """Address of the SuperLink on this machine."""
        return f"127.0.0.1:{self.settings.link_port}"

    @property
    def ca(self) -> bytes:
        return (self.folder / "ca.crt").read_bytes()

    @property
    def secret(self) -> bytes:
        return (self.folder / "secret").read_bytes()

    @property
    def public_keys(self) -> dict[str, Path]:
        """The public key files in `banks/`, by the bank's key name."""
        return {path.stem: path for path in sorted((self.folder / "banks").glob("*.pub"))}
