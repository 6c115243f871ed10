"""How the command line ends."""

from __future__ import annotations

import sys

import pytest

from cli.main import main


def test_a_stopped_command_says_so_alone(tmp_path, monkeypatch, capsys):
    def stop(*_) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("FEDCREDIT_HOME", str(tmp_path))
    monkeypatch.setattr("pipelines.environment.prepare", stop)
    monkeypatch.setattr(sys, "argv", ["fedcredit", "run"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130 and capsys.readouterr().err.strip() == "fedcredit: stopped"
