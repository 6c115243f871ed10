"""What a Hub keeps: repositories, and commits that never change once made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
GITATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"


class Refusal(Exception):
    """An answer other than success: status, message, the Hub's error code, more headers and body fields."""

    def __init__(
        self, status: int, message: str, code: str = "", headers: dict | None = None, **body: str
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.headers, self.body = headers or {}, body


@dataclass(frozen=True)
class Blob:
    """The bytes of one file; git holds only a pointer to a large one."""

    data: bytes
    large: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def pointer(self) -> bytes:
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n".encode()

    @property
    def oid(self) -> str:
        content = self.pointer if self.large else self.data
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.large else self.oid


@dataclass(frozen=True)
class Commit:
    """One state of all files, named by the hash of its content and its parent."""

    files: Mapping[str, Blob]
    title: str
    author: str
    number: int
    parent: str | None = None
    message: str = ""

    @property
    def date(self) -> str:
        return (EPOCH + timedelta(seconds=self.number)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    @property
    def oid(self) -> str:
        listing = {path: blob.oid for path, blob in self.files.items()}
        content = [listing, self.title, self.author, self.number, self.parent, self.message]
        return hashlib.sha1(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass
class Repo:
    """A repository of one kind (models, datasets or spaces)."""

    kind: str
    id: str
    private: bool = False
    gated: bool = False
    sdk: str | None = None
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    variables: dict[str, dict] = field(default_factory=dict)
    secrets: dict[str, dict] = field(default_factory=dict)
    restarts: int = 0

    @property
    def owner(self) -> str:
        return self.id.split("/")[0]

    @property
    def head(self) -> Commit:
        return self.commits[self.branches["main"]]

    def at(self, revision: str) -> Commit:
        """The commit a branch, tag or hash names, or a refusal."""
        oid = self.branches.get(revision) or self.tags.get(revision) or revision
        if oid not in self.commits:
            raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return self.commits[oid]

    def commit(
        self, branch: str, files: Mapping[str, Blob], title: str, author: str, message: str = ""
    ) -> Commit:
        """Make `files` the new state of a branch."""
        parent = self.branches.get(branch)
        commit = Commit(dict(files), title, author, len(self.commits), parent, message)
        self.commits[commit.oid] = commit
        self.branches[branch] = commit.oid
        return commit

    def history(self, revision: str) -> list[Commit]:
        """Commits from newest to oldest."""
        commit, found = self.at(revision), []
        while True:
            found.append(commit)
            if commit.parent is None:
                return found
            commit = self.commits[commit.parent]


@dataclass
class Store:
    """All repositories of a Hub and the large files uploaded to it."""

    repos: dict[tuple[str, str], Repo] = field(default_factory=dict)
    large_files: dict[str, bytes] = field(default_factory=dict)

    def create(self, repo: Repo) -> Repo:
        """Add a repository with the first commit a Hub makes itself."""
        self.repos[repo.kind, repo.id] = repo
        repo.commit("main", {".gitattributes": Blob(GITATTRIBUTES)}, "initial commit", repo.owner)
        return repo
