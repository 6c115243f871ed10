"""Makes a folder the content of a repository on the Hub, under a tag that never moves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from credit.manifest import NAME
from registry.hub_session import HubError, HubSession


@dataclass(frozen=True)
class Release:
    """A tagged commit, and whether it had to be made."""

    url: str
    revision: str
    changed: bool


def push(hub: HubSession, folder: Path, repo: str, kind: str, tag: str, private: bool) -> Release:
    """Make `folder` the content of a repository and give that commit its tag.

    Raises HubError, before anything is uploaded, when the tag already names another release.
    """
    url = hub.call(
        f"Creating {repo}", hub.api.create_repo, repo, repo_type=kind, private=private, exist_ok=True
    )
    before = hub.call(f"Looking up {repo}", hub.api.repo_info, repo, repo_type=kind)
    if private and not before.private:
        raise HubError(f"{repo} is public. Make it private on the Hub, or publish with private=False.")
    tagged = _tagged(hub, repo, kind, tag)
    if tagged:
        _check_same(hub, folder, repo, kind, tag, tagged)
        return Release(str(url), tagged, changed=False)
    sha = _upload(hub, folder, repo, kind, tag, before.sha)
    _set_tag(hub, repo, kind, tag, sha)
    return Release(str(url), sha, changed=sha != before.sha)


def _upload(hub: HubSession, folder: Path, repo: str, kind: str, tag: str, parent: str | None) -> str:
    """Commit the folder, and nothing but the folder, on top of `parent`; return the commit."""
    commit = hub.call(
        f"Uploading {repo}",
        hub.api.upload_folder,
        repo_id=repo,
        repo_type=kind,
        folder_path=folder,
        delete_patterns="*",
        parent_commit=parent,
        commit_message=f"Release {tag}",
    )
    return commit.oid


def _tagged(hub: HubSession, repo: str, kind: str, tag: str) -> str | None:
    refs = hub.call(f"Reading the tags of {repo}", hub.api.list_repo_refs, repo, repo_type=kind)
    return next((ref.target_commit for ref in refs.tags if ref.name == tag), None)


def _check_same(hub: HubSession, folder: Path, repo: str, kind: str, tag: str, tagged: str) -> None:
    """Raise HubError unless the tag already names this very release."""
    from huggingface_hub.utils.sha import git_hash

    found = hub.call(
        f"Reading {repo} at {tag}", hub.api.get_paths_info, repo, [NAME], revision=tagged, repo_type=kind
    )
    if [getattr(entry, "blob_id", None) for entry in found] != [git_hash((folder / NAME).read_bytes())]:
        raise _taken(repo, tag, tagged)


def _set_tag(hub: HubSession, repo: str, kind: str, tag: str, sha: str) -> None:
    hub.call(
        f"Tagging {repo}", hub.api.create_tag, repo, tag=tag, revision=sha, repo_type=kind, exist_ok=True
    )
    # The client takes any tag of that name for success, also one set by somebody else just now.
    tagged = _tagged(hub, repo, kind, tag)
    if tagged != sha:
        raise _taken(repo, tag, str(tagged))


def _taken(repo: str, tag: str, tagged: str) -> HubError:
    return HubError(f"Tag {tag} of {repo} already names another release, {tagged}. Publish under a new tag.")
