"""How the command line ends."""

from __future__ import annotations

import sys
import time

import pytest

from cli.main import main
from tests.pipelines.finalised import Finalised


def stop(*_) -> None:
    raise KeyboardInterrupt


def stop_while_something_is_finalised(*_) -> None:
    Finalised()
    time.sleep(20)


@pytest.mark.parametrize("stop", [stop, stop_while_something_is_finalised])
def test_a_stopped_command_says_so_alone(stop, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FEDCREDIT_HOME", str(tmp_path))
    monkeypatch.setattr("pipelines.environment.prepare", stop)
    monkeypatch.setattr(sys, "argv", ["fedcredit", "run"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130 and capsys.readouterr().err.strip() == "fedcredit: stopped"
