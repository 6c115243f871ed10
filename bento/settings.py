"""What the environment says about the service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from credit.errors import FedCreditError

BESIDE = Path(__file__).resolve().parent.parent / "package"
"""where a Bento carries its package"""


class SettingError(FedCreditError):
    """An environment variable has no meaning."""


@dataclass(frozen=True)
class Settings:
    """Limits and places; every one has a default that is safe to expose."""

    package: Path = BESIDE
    keys: str = ""
    keys_file: Path | None = None
    body_bytes: int = 64 * 1024
    batch_bytes: int = 64 * 1024 * 1024
    batch_rows: int = 100_000
    body_seconds: int = 4
    in_flight: int = 256
    rate: int = 0
    log: str = ""
    watch: str = ""
    challenger: str = ""
    watch_seconds: int = 30

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises SettingError naming a variable that is no number."""
        keys_file = environment.get("FEDCREDIT_API_KEYS_FILE")
        return cls(
            package=Path(environment.get("FEDCREDIT_PACKAGE") or BESIDE),
            keys=environment.get("FEDCREDIT_API_KEYS", ""),
            keys_file=Path(keys_file) if keys_file else None,
            body_bytes=_integer(environment, "FEDCREDIT_BODY_BYTES", cls.body_bytes),
            batch_bytes=_integer(environment, "FEDCREDIT_BATCH_BYTES", cls.batch_bytes),
            batch_rows=_integer(environment, "FEDCREDIT_BATCH_ROWS", cls.batch_rows),
            body_seconds=_integer(environment, "FEDCREDIT_BODY_SECONDS", cls.body_seconds),
            in_flight=_integer(environment, "FEDCREDIT_IN_FLIGHT", cls.in_flight),
            rate=_integer(environment, "FEDCREDIT_RATE", cls.rate),
            log=environment.get("FEDCREDIT_DECISION_LOG", ""),
            watch=environment.get("FEDCREDIT_WATCH", ""),
            challenger=environment.get("FEDCREDIT_CHALLENGER", ""),
            watch_seconds=_integer(environment, "FEDCREDIT_WATCH_SECONDS", cls.watch_seconds),
        )


def _integer(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    if text and not text.isdecimal():
        raise SettingError(f"{name}={text!r} is no whole number")
    return int(text) if text else default
