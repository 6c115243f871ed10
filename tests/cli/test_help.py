"""`--help` teaches: what a command does, and what each of its arguments and options is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import typer
from click import Command, Group
from typer.testing import CliRunner

from cli.main import app


def commands(command: Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Command]]:
    """Every command below `command` that has no commands of its own, with its words."""
    if not isinstance(command, Group):
        yield " ".join(path), command
        return
    for name, child in command.commands.items():
        yield from commands(child, (*path, name))


ALL = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", ALL)
def test_every_command_says_what_it_does_and_what_it_takes(words, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("TERMINAL_WIDTH", "300")
    shown = " ".join(CliRunner().invoke(app, [*words.split(), "--help"]).output.split())
    assert ALL[words].help
    for parameter in ALL[words].params:
        described = getattr(parameter, "help", None)
        assert described, f"{words}: {parameter.name} has no help"
        assert described.split(".")[0] in shown, f"{words}: the help of {parameter.name} is not shown"


def test_one_variable_names_the_registered_model_to_every_command():
    takers = {words: p.envvar for words, c in ALL.items() for p in c.params if p.name == "model"}
    assert {"serve", "history", "promote", "rollback", "audit trace"} <= takers.keys()
    assert set(takers.values()) == {"MODEL"}
