"""Keys open what their scopes say; without keys only this machine may ask."""

from __future__ import annotations

import pytest

from bento.access import Access, new_key
from bento.problems import Problem
from bento.settings import SettingError, Settings

SCORER, SCORER_LINE = new_key("branch", ("score",))
ADMIN, ADMIN_LINE = new_key("operator", ("score", "read", "admin"))
ACCESS = Access.of(Settings(keys=f"{SCORER_LINE};{ADMIN_LINE}"))


def request(server: str = "10.0.0.5", **headers: str) -> dict:
    pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return {"type": "http", "headers": pairs, "server": (server, 3000)}


def refused(access: Access, need: str, **headers: str) -> int:
    with pytest.raises(Problem) as caught:
        access.admit(request(**headers), need)
    return caught.value.status


def test_a_key_opens_its_scopes():
    assert ACCESS.admit(request(x_api_key=SCORER), "score") == "branch"
    assert ACCESS.admit(request(authorization=f"Bearer {ADMIN}"), "admin") == "operator"


def test_a_key_opens_no_other_scope():
    assert refused(ACCESS, "admin", x_api_key=SCORER) == 403


@pytest.mark.parametrize(
    "headers", [{}, {"x_api_key": ""}, {"x_api_key": "guess"}, {"x_api_key": SCORER_LINE}]
)
def test_what_is_no_key_is_refused(headers):
    assert refused(ACCESS, "score", **headers) == 401


def test_keys_are_needed_on_loopback_too_once_there_are_some():
    assert refused(ACCESS, "score", server="127.0.0.1") == 401


def test_without_keys_only_this_machine_may_ask():
    assert Access().admit(request(server="127.0.0.1"), "score") == "local"
    assert refused(Access(), "score") == 401
    assert refused(Access(), "score", server="127.0.0.1", x_forwarded_for="1.2.3.4") == 401


def test_keys_are_read_from_a_file(tmp_path):
    (tmp_path / "keys").write_text(f"# who may ask\n\n{SCORER_LINE}\n")
    access = Access.of(Settings(keys_file=tmp_path / "keys"))
    assert access.admit(request(x_api_key=SCORER), "score") == "branch"


@pytest.mark.parametrize(
    "line", ["branch", "branch:short:score", f"branch:{'0' * 64}:everything", f":{'0' * 64}:score"]
)
def test_a_line_that_lets_nobody_in_is_refused(line):
    with pytest.raises(SettingError):
        Access.of(Settings(keys=line))
