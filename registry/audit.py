"""From a decision back to its origin: the model version, its promotion, its run, and the banks' data."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from credit.errors import RegistryError
from registry.history import champion_on
from registry.promotion import Registry, Version

TOLD = ("time", "request_id", "caller", "applicant", "pd", "threshold", "decision", "reasons", "chain")


@dataclass(frozen=True)
class Trace:
    """Where one decision came from, each part as name -> value."""

    decision: dict[str, str]
    model: dict[str, str]
    data: dict[str, str]
    """bank -> sha256 of the records it trained on"""

    def parts(self) -> dict[str, dict[str, str]]:
        return {"decision": self.decision, "model": self.model, "bank: sha256 of its records": self.data}


def trace(log: Path, request: str, registry: Registry) -> Trace:
    """The origin of the decision on `request` (its id) in a decision log.

    Raises RegistryError where the log does not hold it, or where contract, run or data of the registry are
    not those that the decision names.
    """
    entry = _entry(log, request)
    if entry["model"] != registry.model:
        raise RegistryError(f"decision {request} is of model {entry['model']}: add --model {entry['model']}")
    version = registry.version(entry["model_version"])
    data = json.loads(version.tags["data_fingerprints"])
    _agree(request, entry, version, data)
    return Trace({name: str(entry[name]) for name in TOLD}, _model(entry, version, registry), data)


def _entry(log: Path, request: str) -> dict[str, str]:
    if not log.is_file():
        raise RegistryError(f"{log} is no decision log: give the file of FEDCREDIT_DECISION_LOG")
    try:
        with sqlite3.connect(f"file:{log}?mode=ro", uri=True) as database:
            database.row_factory = sqlite3.Row
            row = database.execute("select * from decisions where request_id = ?", (request,)).fetchone()
    except sqlite3.DatabaseError as error:
        raise RegistryError(f"{log} is no decision log ({error})") from error
    if row is None:
        raise RegistryError(f"{log} holds no decision on request {request!r}")
    return dict(row)


def _agree(request: str, entry: dict[str, str], version: Version, data: dict[str, str]) -> None:
    """Raises RegistryError where the decision and the registry name different origins."""
    fingerprint = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    pairs = {
        "contract": (entry["contract"], version.tags.get("contract_fingerprint", "")),
        "run": (entry["run_id"], version.run_id),
        "data": (entry["data"], fingerprint),
    }
    wrong = [name for name, (logged, registered) in pairs.items() if logged != registered]
    if wrong:
        raise RegistryError(
            f"decision {request} names another {', '.join(wrong)} than version {version.number} of the registry"
        )


def _model(entry: dict[str, str], version: Version, registry: Registry) -> dict[str, str]:
    crowned = champion_on(registry.history(), datetime.fromisoformat(entry["time"]))
    sat = f"version {crowned.version}, by {crowned.action} of {crowned.who}" if crowned else "none"
    tags = version.tags
    return {
        "version": f"{version.model} {version.number} ({tags['family']}, {tags['strategy']})",
        "champion at the time": sat,
        "contract": f"{tags['contract']}, sha256 {tags['contract_fingerprint']}",
        "MLflow run": version.run_id,
        "Dagster run": tags["dagster_run_id"],
        "code revision": tags["code_revision"],
        "consortium": tags["consortium"],
    }
