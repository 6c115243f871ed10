"""A Hub that refuses, fails or falls silent ends in an error that says so."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from registry import hub_session
from registry.hub import HubError
from tests.hub import LocalHub
from tests.registry.releasing import push


def test_an_unknown_token_is_told_so(hub: LocalHub, folder: Path):
    with pytest.raises(HubError, match="does not accept the token"):
        push(hub, folder, token="hf_wrong")


def test_a_token_that_may_only_read_is_told_so(hub: LocalHub, folder: Path):
    with pytest.raises(HubError, match="may only read"):
        push(hub, folder, token="hf_read")


def test_a_token_of_another_account_is_told_so(hub: LocalHub, folder: Path):
    push(hub, folder)
    with pytest.raises(HubError, match="may not write there"):
        push(hub, folder, token="hf_rival")


def test_a_token_read_from_a_file_may_end_in_a_line_end(hub: LocalHub, folder: Path):
    assert push(hub, folder, token="hf_write\n").changed


def test_a_garbled_token_is_refused_without_showing_it(hub: LocalHub, folder: Path):
    with pytest.raises(HubError) as failure:
        push(hub, folder, token="hf_se\ncret")
    assert "cret" not in str(failure.value)


def test_a_hub_out_of_order_for_a_moment_is_no_failure(hub: LocalHub, folder: Path):
    hub.fail(503, times=2)
    assert push(hub, folder).changed


def test_a_commit_is_tried_again(hub: LocalHub, folder: Path):
    hub.meanwhile("/preupload/", lambda: hub.fail(503))
    (folder / "model.lgb").write_text("small enough to travel with the commit")
    assert push(hub, folder).changed
    assert len(hub.requests_to("/commit/")) == 2


def test_a_hub_that_stays_out_of_order_is_a_failure(hub: LocalHub, folder: Path):
    hub.fail(503, times=3)
    with pytest.raises(HubError, match="out of order"):
        push(hub, folder)


def test_a_hub_that_is_not_there_is_a_failure(hub: LocalHub, folder: Path):
    with pytest.raises(HubError, match="can't reach http://127.0.0.1:9"):
        push(hub, folder, endpoint="http://127.0.0.1:9")


@pytest.mark.timeout(30)
def test_a_silent_hub_is_not_waited_for(hub: LocalHub, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_session, "TIMEOUT_SECONDS", 0.2)
    hub.fall_silent()
    started = time.monotonic()
    with pytest.raises(HubError, match="did not answer in time"):
        push(hub, folder)
    assert time.monotonic() - started < 5
