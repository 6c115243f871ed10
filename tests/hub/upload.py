"""The way of files onto the Hub: ask how, send the large ones, commit them together."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import PurePosixPath

from starlette.responses import JSONResponse, Response

from tests.hub.call import Call
from tests.hub.repos import PREFIX
from tests.hub.store import Blob, Refusal, Repo

LARGE_SUFFIXES = {".parquet", ".bin"}


def preupload(call: Call) -> Response:
    files = call.own_repo().at(call.path["rev"]).files
    return JSONResponse(
        {"files": [_plan(order, files.get(order["path"]), call) for order in call.json["files"]]}
    )


def _plan(order: dict, current: Blob | None, call: Call) -> dict:
    large = order["size"] >= call.hub.large_from or PurePosixPath(order["path"]).suffix in LARGE_SUFFIXES
    plan = {"path": order["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
    if current is not None:
        plan["oid"] = current.etag
    return plan


def batch(call: Call) -> Response:
    call.own_repo()
    objects = [_instructions(entry, call) for entry in call.json["objects"]]
    return JSONResponse({"transfer": "basic", "objects": objects})


def _instructions(entry: dict, call: Call) -> dict:
    if entry["oid"] in call.hub.store.large_files:
        return entry
    verify = f"{call.hub.endpoint}/lfs-verify/{call.path['kind']}/{call.path['id']}"
    upload = f"{call.hub.files_origin}/lfs-upload/{entry['oid']}"
    return {**entry, "actions": {"upload": {"href": upload}, "verify": {"href": verify}}}


def put(call: Call) -> Response:
    if hashlib.sha256(call.body).hexdigest() != call.path["oid"]:
        raise Refusal(400, "Content does not match its name")
    call.hub.store.large_files[call.path["oid"]] = call.body
    return Response()


def verify(call: Call) -> Response:
    call.own_repo()
    if len(call.hub.store.large_files.get(call.json["oid"], b"")) != call.json["size"]:
        raise Refusal(404, "Object is not stored")
    return JSONResponse({})


def commit(call: Call) -> Response:
    repo, branch = call.own_repo(), call.path["rev"]
    lines = [json.loads(line) for line in call.body.splitlines()]
    header = next(line["value"] for line in lines if line["key"] == "header")
    parent = header.get("parentCommit")
    if parent is not None and not repo.at(branch).oid.startswith(parent):
        raise Refusal(412, "A commit has happened since. Please refresh and try again.")
    files = dict(repo.at(branch).files)
    for line in lines:
        _apply(line["key"], line["value"], files, call)
    made = repo.commit(branch, files, header["summary"], call.account(), header.get("description", ""))
    return JSONResponse({"success": True, "commitOid": made.oid, "commitUrl": _url(call, repo, made.oid)})


def _url(call: Call, repo: Repo, oid: str) -> str:
    return f"{call.hub.endpoint}/{PREFIX[repo.kind]}{repo.id}/commit/{oid}"


def _apply(key: str, value: dict, files: dict[str, Blob], call: Call) -> None:
    """Change `files` as one line of a commit says."""
    path = value.get("path", "")
    if key == "file":
        files[path] = Blob(base64.b64decode(value["content"]))
    elif key == "lfsFile":
        files[path] = Blob(_stored(value["oid"], call), large=True)
    elif key == "deletedFile":
        if files.pop(path, None) is None:
            raise Refusal(404, "A file with this name doesn't exist", "EntryNotFound")
    elif key == "deletedFolder":
        for inside in [name for name in files if name.startswith(path.rstrip("/") + "/")]:
            del files[inside]


def _stored(oid: str, call: Call) -> bytes:
    if oid not in call.hub.store.large_files:
        raise Refusal(400, f"LFS pointer to a file that was never uploaded: {oid}")
    return call.hub.store.large_files[oid]
