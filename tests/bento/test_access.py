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


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_without_keys_the_service_is_asked_by_this_machines_names(host):
    own = {"server": "127.0.0.1", "host": host}
    assert Access().admit(request(**own), "admin") == "local"
    assert Access().admit(request(**own, origin=f"http://{host}"), "admin") == "local"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example:8000"},
        {"host": "evil.example:8000", "origin": "http://evil.example:8000"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost:8000", "origin": "https://evil.example"},
        {"host": "localhost:8000", "origin": "http://localhost:3000"},
        {"host": "localhost:8000", "origin": "null"},
    ],
)
def test_without_keys_no_page_of_another_site_is_answered(headers):
    assert refused(Access(), "admin", server="127.0.0.1", **headers) == 403


def test_with_keys_any_name_and_page_may_ask():
    headers = {"host": "scores.example.org", "origin": "https://app.example.org", "x_api_key": SCORER}
    assert ACCESS.admit(request(**headers), "score") == "branch"


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
