"""Branches, tags and history."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from tests.hub.call import Call
from tests.hub.repos import entries_under
from tests.hub.store import Refusal


def refs(call: Call) -> Response:
    repo = call.repo()
    branches = [_ref("heads", name, oid) for name, oid in repo.branches.items()]
    tags = [_ref("tags", name, oid) for name, oid in repo.tags.items()]
    return JSONResponse({"branches": branches, "tags": tags, "converts": [], "pullRequests": []})


def _ref(kind: str, name: str, oid: str) -> dict:
    return {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": oid}


def commits(call: Call) -> Response:
    history = call.repo().history(call.path["rev"])
    return JSONResponse(
        [
            {
                "id": commit.oid,
                "title": commit.title,
                "message": commit.message,
                "date": commit.date,
                "authors": [{"user": commit.author}],
            }
            for commit in history
        ]
    )


def paths_info(call: Call) -> Response:
    wanted = call.form["paths"]
    entries = entries_under(call.repo().at(call.path["rev"]), "", recursive=True)
    return JSONResponse([entry for entry in entries if entry["path"] in wanted])


def add_tag(call: Call) -> Response:
    repo, name = call.own_repo(), call.json["tag"]
    if name in repo.tags:
        raise Refusal(409, f"Tag {name} already exists")
    repo.tags[name] = repo.at(call.path["rev"]).oid
    return JSONResponse({})


def remove_tag(call: Call) -> Response:
    if call.own_repo().tags.pop(call.path["rev"], None) is None:
        raise Refusal(404, "Tag does not exist", "RevisionNotFound")
    return Response()


def add_branch(call: Call) -> Response:
    repo, name = call.own_repo(), call.path["rev"]
    if name in repo.branches:
        raise Refusal(409, f"Reference refs/heads/{name} already exists")
    repo.branches[name] = repo.at(call.json.get("startingPoint", "main")).oid
    return JSONResponse({})


def remove_branch(call: Call) -> Response:
    if call.own_repo().branches.pop(call.path["rev"], None) is None:
        raise Refusal(404, "Branch does not exist", "RevisionNotFound")
    return Response()
