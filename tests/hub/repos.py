"""Accounts, repositories, what they hold, and the names given to commits."""

from __future__ import annotations

import hashlib

import yaml
from starlette.responses import JSONResponse, Response

from tests.hub.call import Call
from tests.hub.store import Blob, Commit, Refusal, Repo

POINTER_SIZE = 134
PREFIX = {"models": "", "datasets": "datasets/", "spaces": "spaces/"}


def whoami(call: Call) -> Response:
    role = "read" if call.token in call.hub.read_only else "write"
    access = {"type": "access_token", "accessToken": {"displayName": "test", "role": role}}
    return JSONResponse({"name": call.account(), "type": "user", "orgs": [], "auth": access})


def create(call: Call) -> Response:
    order = call.json
    repo_id = f"{order.get('organization') or call.account()}/{order['name']}"
    kind = order.get("type", "model") + "s"
    url = f"{call.hub.endpoint}/{PREFIX[kind]}{repo_id}"
    call.check_may_write(repo_id.split("/")[0])
    if (kind, repo_id) in call.hub.store.repos:
        raise Refusal(409, "You already created this repo", url=url)
    if order.get("sdk") == "docker" and not call.hub.paid:
        raise Refusal(402, "Docker Spaces need a PRO account.")
    repo = Repo(kind, repo_id, private=order.get("visibility") == "private", sdk=order.get("sdk"))
    repo.variables = {pair["key"]: pair for pair in order.get("variables", [])}
    repo.secrets = {pair["key"]: pair for pair in order.get("secrets", [])}
    call.hub.store.create(repo)
    return JSONResponse({"url": url})


def delete(call: Call) -> Response:
    order = call.json
    repo_id = f"{order.get('organization') or call.account()}/{order['name']}"
    call.path.update(kind=order.get("type", "model") + "s", id=repo_id)
    repo = call.own_repo()
    del call.hub.store.repos[repo.kind, repo.id]
    return Response()


def settings(call: Call) -> Response:
    repo, order = call.own_repo(), call.json
    repo.private = order.get("visibility", "private" if repo.private else "public") == "private"
    repo.gated = bool(order.get("gated", repo.gated))
    return JSONResponse({})


def auth_check(call: Call) -> Response:
    call.open_repo()
    if call.path.get("write"):
        call.own_repo()
    return Response()


def info(call: Call) -> Response:
    repo = call.repo()
    commit = repo.at(call.path.get("rev") or "main")
    answer = {"id": repo.id, "sha": commit.oid, "private": repo.private, "gated": repo.gated and "auto"}
    answer |= {"createdAt": repo.history(commit.oid)[-1].date, "lastModified": commit.date}
    answer |= {"cardData": _card(commit), "sdk": repo.sdk}
    blobs = call.request.query_params.get("blobs")
    answer["siblings"] = [_sibling(path, blob, bool(blobs)) for path, blob in sorted(commit.files.items())]
    return JSONResponse(answer)


def tree(call: Call) -> Response:
    commit = call.repo().at(call.path["rev"])
    recursive = call.request.query_params.get("recursive", "").lower() == "true"
    entries = entries_under(commit, call.path.get("path") or "", recursive)
    start = int(call.request.query_params.get("cursor", 0))
    end = start + call.hub.page_size
    headers = {}
    if end < len(entries):
        url = call.request.url.include_query_params(cursor=end)
        headers["Link"] = f'<{url}>; rel="next"'
    return JSONResponse(entries[start:end], headers=headers)


def entries_under(commit: Commit, folder: str, recursive: bool) -> list[dict]:
    """Files and folders below a folder, as the tree answer lists them."""
    prefix = f"{folder.strip('/')}/" if folder else ""
    inside = {path: blob for path, blob in commit.files.items() if path.startswith(prefix)}
    if prefix and not inside:
        raise Refusal(404, f"{folder} does not exist", "EntryNotFound")
    entries = {path: file_entry(path, blob) for path, blob in inside.items()}
    for path in inside:
        parents = path.removeprefix(prefix).split("/")[:-1]
        for depth in range(len(parents)):
            name = prefix + "/".join(parents[: depth + 1])
            oid = hashlib.sha1(f"{commit.oid}:{name}".encode()).hexdigest()
            entries[name] = {"type": "directory", "path": name, "oid": oid, "size": 0}
    listed = [entries[path] for path in sorted(entries)]
    if recursive:
        return listed
    return [entry for entry in listed if "/" not in entry["path"].removeprefix(prefix)]


def file_entry(path: str, blob: Blob) -> dict:
    entry = {"type": "file", "path": path, "oid": blob.oid, "size": len(blob.data)}
    if blob.large:
        entry["lfs"] = {"oid": blob.sha256, "size": len(blob.data), "pointerSize": POINTER_SIZE}
    return entry


def _sibling(path: str, blob: Blob, detailed: bool) -> dict:
    sibling: dict = {"rfilename": path}
    if detailed:
        sibling |= {"size": len(blob.data), "blobId": blob.oid}
    if detailed and blob.large:
        sibling["lfs"] = {"sha256": blob.sha256, "size": len(blob.data), "pointerSize": POINTER_SIZE}
    return sibling


def validate_yaml(call: Call) -> Response:
    try:
        front_matter(call.json["content"])
    except yaml.YAMLError as error:
        return JSONResponse({"errors": [{"message": str(error)}], "warnings": []}, 400)
    return JSONResponse({"errors": [], "warnings": []})


def front_matter(text: str) -> dict | None:
    """The YAML block a card starts with, None without one."""
    if not text.startswith("---\n"):
        return None
    found = yaml.safe_load(text.split("---\n")[1])
    if not isinstance(found, dict):
        raise yaml.YAMLError("metadata must be a mapping")
    return found


def _card(commit: Commit) -> dict | None:
    readme = commit.files.get("README.md")
    return front_matter(readme.data.decode()) if readme else None
