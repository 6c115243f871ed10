"""Beyond its limits the service says so at once."""

from __future__ import annotations

import pytest

from bento.limits import Limits
from bento.problems import Problem


def test_requests_beyond_the_limit_are_refused_until_one_is_done():
    limits = Limits(in_flight=1, rate=0)
    limits.take("a")
    with pytest.raises(Problem, match="at once"):
        limits.take("b")
    limits.give_back()
    limits.take("b")


def test_a_caller_may_send_his_rate_and_no_more():
    now = [0.0]
    limits = Limits(in_flight=9, rate=2, clock=lambda: now[0])

    def send(caller: str) -> None:
        limits.take(caller)
        limits.give_back()

    send("a")
    send("a")
    with pytest.raises(Problem, match="2 requests a second"):
        send("a")
    send("b")
    now[0] = 0.5
    send("a")
