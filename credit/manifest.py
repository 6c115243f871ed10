"""The list of a folder's files with their SHA-256, by which a reader knows nothing was changed on the way."""

from __future__ import annotations

import json
from pathlib import Path

from credit.errors import FedCreditError
from credit.files import sha256_of

NAME = "manifest.json"
# The Hub adds the first to every repository, its client the second to every download.
FOREIGN = {".gitattributes", ".cache"}


class ManifestError(FedCreditError):
    """A folder is not what its manifest says."""


def write_manifest(folder: Path) -> dict[str, str]:
    """Write `manifest.json` for the files now in `folder` and return path -> SHA-256.

    The same files give the same bytes. Raises ManifestError for a missing folder.
    """
    if not folder.is_dir():
        raise ManifestError(f"{folder} is not a folder: name the folder of a package or release.")
    files = _digests(folder)
    (folder / NAME).write_text(json.dumps({"files": files}, indent=2) + "\n", encoding="utf-8")
    return files


def verify_manifest(folder: Path) -> None:
    """Raise ManifestError unless `folder` holds exactly the files its manifest lists, unchanged."""
    listed, found = _read(folder / NAME), _digests(folder)
    problems = [f"{path} is missing" for path in sorted(listed.keys() - found.keys())]
    problems += [f"{path} is not in the manifest" for path in sorted(found.keys() - listed.keys())]
    problems += [
        f"{path} was changed" for path in sorted(listed) if path in found and listed[path] != found[path]
    ]
    if problems:
        raise ManifestError(f"{folder} is not what its {NAME} describes: {'; '.join(problems)}.")


def _digests(folder: Path) -> dict[str, str]:
    relative = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    own = {name.as_posix(): path for name, path in relative.items() if name.parts[0] not in FOREIGN}
    own.pop(NAME, None)
    return {name: sha256_of(own[name]) for name in sorted(own)}


def _read(path: Path) -> dict[str, str]:
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
    except FileNotFoundError:
        raise ManifestError(f"{path.parent} holds no {NAME}: it is no package or release.") from None
    except (ValueError, KeyError, TypeError):
        raise ManifestError(f"{path} is damaged: get the folder again.") from None
    if not isinstance(files, dict):
        raise ManifestError(f"{path} is damaged: get the folder again.")
    return files
