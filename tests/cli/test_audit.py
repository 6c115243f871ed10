"""`fedcredit history` and `fedcredit audit verify` call verdicts what they are: not every one makes a champion."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from cli.main import app
from registry.history import CHALLENGER, CHAMPION, Event


class OneChampion:
    """A registry in which one version became champion and two stayed challengers."""

    model = "scorer"

    def history(self) -> list[Event]:
        ends = ((1, CHAMPION), (2, CHALLENGER), (3, CHALLENGER))
        return [Event(n, "2026-11-22T12:00:00", "anna", "gate", str(n), end, "why") for n, end in ends]

    def verify(self) -> int:
        return len(self.history())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "audit verify",
            "3 verdicts on versions of scorer, of which 1 made a champion: as they were recorded",
        ),
        ("history", "verdicts on versions of scorer"),
    ],
)
def test_refusals_are_not_told_as_promotions(monkeypatch, words, told):
    for module in ("cli.audit", "cli.models"):
        monkeypatch.setattr(f"{module}.open_registry", lambda model: OneChampion())
    shown = CliRunner().invoke(app, words.split())
    assert shown.exit_code == 0 and told in shown.output
