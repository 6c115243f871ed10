"""Where a newer package may come from: a folder, an MLflow alias, a revision on the Hub."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Protocol

from credit.errors import FedCreditError
from credit.home import cache_folder
from credit.manifest import NAME

PATIENCE = 20.0
MLFLOW, HUB = "mlflow+", "hf://"


class SourceError(FedCreditError):
    """A source could not be read."""


class Source(Protocol):
    def find(self) -> str:
        """What identifies the package that is there now. Raises SourceError."""
        ...

    def fetch(self, identity: str) -> Path:
        """The folder of that package; its manifest is for the reader to verify. Raises SourceError."""
        ...


def source_of(text: str, packages: Path) -> Source:
    """The source that a setting names; `packages` is the folder of packages for sources that give a name only.

    A folder path, `mlflow+http://server:5000/model@alias`, or `hf://owner/repository@revision`.
    """
    if text.startswith(MLFLOW):
        return MLflowAlias(text.removeprefix(MLFLOW), packages)
    if text.startswith(HUB):
        repository, _, revision = text.removeprefix(HUB).partition("@")
        return HubRevision(repository, revision or "main")
    return Folder(Path(text))


@dataclass(frozen=True)
class Folder:
    """A package folder, or a link to one, as the pipeline points `model@champion` at its champion's.

    Whoever writes there renames whole folders into place, as `bento.packaging.write_package` does.
    """

    path: Path

    def find(self) -> str:
        package = self.path.resolve()
        try:
            return f"{package}#{hashlib.sha256((package / NAME).read_bytes()).hexdigest()[:16]}"
        except OSError as error:
            there = ", ".join(sorted(link.name for link in self.path.glob("*@*")))
            named = f"; name one of those in it: {there}" if there else ""
            raise SourceError(f"{self.path} holds no package ({error.strerror}){named}") from None

    def fetch(self, identity: str) -> Path:
        return Path(identity.rpartition("#")[0])


@dataclass(frozen=True)
class MLflowAlias:
    """The version that an alias of the registry names; its package stands in `packages` as `model-version`."""

    address: str
    packages: Path

    def find(self) -> str:
        server, _, name = self.address.rpartition("/")
        model, _, alias = name.partition("@")
        query = urllib.parse.urlencode({"name": model, "alias": alias or "champion"})
        url = f"{server}/api/2.0/mlflow/registered-models/alias?{query}"
        answer = json.loads(_get(url, os.environ.get("MLFLOW_TRACKING_TOKEN", "")))
        return f"{model}-{answer['model_version']['version']}"

    def fetch(self, identity: str) -> Path:
        return self.packages / identity


@dataclass(frozen=True)
class HubRevision:
    """A model repository at a branch or tag, downloaded once, file by file as its manifest lists them."""

    repository: str
    revision: str

    def find(self) -> str:
        revision = urllib.parse.quote(self.revision, safe="")
        answer = json.loads(self._get(f"api/models/{self.repository}/revision/{revision}"))
        return f"{self.repository}@{answer['sha']}"

    def fetch(self, identity: str) -> Path:
        sha = identity.rpartition("@")[2]
        kept = cache_folder() / "hub" / self.repository.replace("/", "--") / sha
        if kept.is_dir():
            return kept
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
            fresh = Path(scratch, sha)
            self._download(identity, sha, fresh)
            if not kept.is_dir():
                fresh.rename(kept)
        return kept

    def _download(self, identity: str, sha: str, folder: Path) -> None:
        manifest = self._get(f"{self.repository}/resolve/{sha}/{NAME}")
        for name in (NAME, *json.loads(manifest)["files"]):
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise SourceError(f"{identity} lists a file outside its folder")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            quoted = urllib.parse.quote(name)
            target.write_bytes(self._get(f"{self.repository}/resolve/{sha}/{quoted}"))

    def _get(self, path: str) -> bytes:
        endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        return _get(f"{endpoint}/{path}", os.environ.get("HF_TOKEN", ""))


def _get(url: str, token: str) -> bytes:
    request = urllib.request.Request(url)
    if token:
        # A download is redirected to another host, which must not see the token.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read()
    except (OSError, HTTPException) as error:
        raise SourceError(f"{url.partition('?')[0]} does not answer: {error}") from None
