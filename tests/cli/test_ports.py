"""A server is not begun at a port where it could not listen."""

from __future__ import annotations

import socket

import pytest

from tests.cli.saying import said


@pytest.fixture(autouse=True)
def nothing_starts(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDCREDIT_HOME", str(tmp_path))
    monkeypatch.setattr("cli.servers._become", pytest.fail)
    monkeypatch.setattr("bento.serving.serve_command", pytest.fail)
    monkeypatch.setattr("cli.servers._champions_bento", lambda home, model: pytest.fail("was built"))


@pytest.mark.parametrize("command", ["dev", "mlflow", "serve"])
def test_a_taken_port_is_named_with_another_before_anything_is_printed(command, capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, told = said(capsys, command, "--port", str(port))
    assert code == 1 and told.startswith(f"fedcredit: port {port} is taken: PORT=")
    assert f" make {command}, or fedcredit {command} --port " in told


@pytest.mark.parametrize("command", ["dev", "mlflow", "serve"])
@pytest.mark.parametrize("port", ["0", "99999"])
def test_a_number_that_is_no_port_is_refused(command, port, capsys):
    code, told = said(capsys, command, "--port", port)
    assert code == 2 and "1<=x<=65535" in told


def test_a_second_dagster_ui_names_the_first_whatever_its_port(capsys, monkeypatch):
    def second(*_) -> None:
        code, told = said(capsys, "dev", "--port", "8473")
        assert code == 1 and "fedcredit: the Dagster UI at http://127.0.0.1:8472 (process " in told
        raise SystemExit(0)

    monkeypatch.setattr("cli.servers._become", second)
    assert said(capsys, "dev", "--port", "8472")[0] == 0
