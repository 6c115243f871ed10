"""From a decision back to its origin: the model version, its promotion, its run, and the banks' data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credit.errors import RegistryError
from registry.history import champion_on
from registry.promotion import Registry, Version

TOLD = ("time", "request_id", "caller", "applicant", "pd", "threshold", "decision", "reasons", "decided_by",
        "chain")  # fmt: skip


@dataclass(frozen=True)
class Trace:
    """Where one decision came from, each part as name -> value."""

    decision: dict[str, str]
    model: dict[str, str]
    data: dict[str, str]
    """bank -> sha256 of the records it trained on"""

    def parts(self) -> dict[str, dict[str, str]]:
        return {"decision": self.decision, "model": self.model, "bank: sha256 of its records": self.data}


def trace(entry: Mapping[str, Any], registry: Registry) -> Trace:
    """The origin of a decision, given as its log has it, by column.

    Raises RegistryError where contract, run or data of the registry are not those that the decision names.
    """
    request = entry["request_id"]
    if entry["model"] != registry.model:
        raise RegistryError(f"decision {request} is of model {entry['model']}: add --model {entry['model']}")
    version = registry.version(entry["model_version"])
    data = json.loads(version.tags["data_fingerprints"])
    _agree(request, entry, version, data)
    told = {name: str(entry[name]) for name in TOLD if entry[name] is not None}
    return Trace(told, _model(entry, version, registry), data)


def _agree(request: str, entry: Mapping[str, Any], version: Version, data: dict[str, str]) -> None:
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


def _model(entry: Mapping[str, Any], version: Version, registry: Registry) -> dict[str, str]:
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
