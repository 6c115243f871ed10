"""Publishes releases on the Hugging Face Hub and fetches them from it."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from credit.manifest import ManifestError, verify_manifest
from registry.hub_release import push
from registry.hub_session import HubError, HubSession
from registry.hub_space import point_space
from registry.staging import stage

__all__ = ["HubError", "Publication", "account", "download", "publish", "publish_release"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Publication:
    """Where a release can be found, and whether this call changed anything there."""

    model_url: str
    model_revision: str
    dataset_revision: str | None
    tag: str
    changed: bool
    space: str

    @property
    def state(self) -> str:
        return "published" if self.changed else "published before, nothing changed"


def publish(
    folder: Path,
    repo: str,
    *,
    token: str,
    dataset_folder: Path | None,
    dataset_repo: str | None,
    tag: str,
    private: bool = True,
    space: str | None = None,
    endpoint: str | None = None,
) -> Publication:
    """Publish a model, and the data set it belongs to, under a tag; the same release twice changes nothing.

    `space` is a Docker Space that serves the model: it is told the new revision and restarted. A Hub
    without Xet storage needs HF_HUB_DISABLE_XET=1 in the environment. Raises HubError, or ManifestError
    when a folder no longer fits the manifest it came with.
    """
    if (dataset_folder is None) != (dataset_repo is None):
        raise HubError("A data set needs a folder here and a repository on the Hub: give both or neither.")
    hub = HubSession(endpoint, token)
    with TemporaryDirectory() as scratch:
        staged = [(stage(folder, Path(scratch) / "model"), repo, "model")]
        if dataset_folder and dataset_repo:
            staged.append((stage(dataset_folder, Path(scratch) / "dataset"), dataset_repo, "dataset"))
        _check_token(hub)
        releases = [push(hub, files, name, kind, tag, private) for files, name, kind in staged]
    model, *data = releases
    told = "skipped: no Space was named."
    if space:
        told = point_space(hub, space, repo, model.revision, private)
    changed = any(release.changed for release in releases)
    return Publication(model.url, model.revision, data[0].revision if data else None, tag, changed, told)


def publish_release(
    folder: Path, *, token: str, namespace: str = "", private: bool = True, space: str | None = None
) -> Publication:
    """Publish the release folder `MODEL-vVERSION` below `namespace`, by default the token's owner. Raises HubError."""
    model, _, version = folder.name.rpartition("-v")
    owner = namespace or account(token)
    return publish(
        folder / "model",
        f"{owner}/{model}",
        token=token,
        dataset_folder=folder / "dataset",
        dataset_repo=f"{owner}/{model}-data",
        tag=f"v{version}",
        private=private,
        space=space,
    )


def download(
    repo: str, revision: str | None, into: Path, *, endpoint: str | None = None, token: str | None = None
) -> tuple[Path, str]:
    """Fetch a model at a branch, tag or commit (None: the newest) and return its folder and its commit.

    The folder is named after the commit, below `into`, and its manifest has been verified. Raises HubError.
    """
    hub = HubSession(endpoint, token)
    # The client serves a stale copy when the Hub fails, so it is asked first what the revision is now.
    wanted = f"{repo} at {revision or 'main'}"
    sha = str(hub.call(f"Looking up {wanted}", hub.api.model_info, repo, revision=revision).sha)
    log.info("%s is commit %s", wanted, sha)
    folder = into / sha
    hub.call(f"Downloading {repo}", hub.api.snapshot_download, repo, revision=sha, local_dir=folder)
    try:
        verify_manifest(folder)
    except ManifestError as error:
        shutil.rmtree(folder)
        raise HubError(f"{repo} at {sha} was downloaded and thrown away again. {error}") from error
    return folder, sha


def account(token: str) -> str:
    """The name of the account that a token belongs to. Raises HubError."""
    hub = HubSession(None, token)
    return str(hub.call("Signing in to the Hub", hub.api.whoami)["name"])


def _check_token(hub: HubSession) -> None:
    account = hub.call("Signing in to the Hub", hub.api.whoami)
    if account.get("auth", {}).get("accessToken", {}).get("role") == "read":
        raise HubError("The Hub token may only read. Use one with write access.")
