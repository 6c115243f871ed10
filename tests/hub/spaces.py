"""Settings and state of Spaces."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from tests.hub.call import Call
from tests.hub.store import Refusal, Repo


def _pairs(repo: Repo, call: Call) -> dict[str, dict]:
    return repo.secrets if call.path["what"] == "secrets" else repo.variables


def _shown(call: Call, pairs: dict[str, dict]) -> Response:
    hidden = {"value"} if call.path["what"] == "secrets" else set()
    return JSONResponse(
        {name: {k: v for k, v in pair.items() if k not in hidden} for name, pair in pairs.items()}
    )


def get_pairs(call: Call) -> Response:
    return _shown(call, _pairs(call.own_repo(), call))


def set_pair(call: Call) -> Response:
    pairs = _pairs(call.own_repo(), call)
    pairs[call.json["key"]] = call.json
    return _shown(call, pairs)


def drop_pair(call: Call) -> Response:
    pairs = _pairs(call.own_repo(), call)
    pairs.pop(call.json["key"], None)
    return _shown(call, pairs)


def runtime(call: Call) -> Response:
    return _runtime(call.repo())


def restart(call: Call) -> Response:
    repo = call.own_repo()
    if repo.sdk == "docker" and not call.hub.paid:
        raise Refusal(402, "Docker Spaces need a PRO account.")
    repo.restarts += 1
    return _runtime(repo)


def _runtime(repo: Repo) -> Response:
    stage = "RUNNING" if repo.restarts else "NO_APP_FILE"
    hardware = {"current": "cpu-basic", "requested": "cpu-basic"}
    return JSONResponse({"stage": stage, "hardware": hardware, "gcTimeout": 172800})
