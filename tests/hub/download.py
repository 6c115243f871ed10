"""The way of files off the Hub; large ones live on another origin, which must never see a token."""

from __future__ import annotations

import re

from starlette.responses import RedirectResponse, Response

from tests.hub.call import Call
from tests.hub.store import Refusal


def resolve(call: Call) -> Response:
    commit = call.open_repo().at(call.path["rev"])
    headers = {"X-Repo-Commit": commit.oid}
    blob = commit.files.get(call.path["path"])
    if blob is None:
        raise Refusal(404, "Entry not found", "EntryNotFound", headers)
    headers["ETag"] = f'"{blob.etag}"'
    if not blob.large:
        return _bytes(call, blob.data, headers)
    headers |= {"X-Linked-Etag": f'"{blob.sha256}"', "X-Linked-Size": str(len(blob.data))}
    return RedirectResponse(f"{call.hub.files_origin}/files/{blob.sha256}", 302, headers)


def large_file(call: Call) -> Response:
    if call.token is not None:
        raise Refusal(400, "A token was sent to the storage of large files")
    data = call.hub.store.large_files.get(call.path["oid"])
    if data is None:
        raise Refusal(404, "No such object")
    return _bytes(call, data, {"ETag": f'"{call.path["oid"]}"'})


def _bytes(call: Call, data: bytes, headers: dict[str, str]) -> Response:
    """The data, or the range of it that was asked for."""
    headers["Accept-Ranges"] = "bytes"
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", call.request.headers.get("range", ""))
    if asked is None:
        return Response(data, headers=headers, media_type="application/octet-stream")
    start, end = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
    if start >= len(data):
        raise Refusal(416, "Range outside of the file", headers={"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    return Response(data[start : end + 1], 206, headers, "application/octet-stream")
