"""From a file to a contract on the command line, and every fault in one line."""

from __future__ import annotations

import sys

import pytest
import yaml

from cli.main import main
from credit.synthetic import synthetic_loans


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with loans.csv."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATA", raising=False)
    monkeypatch.setenv("FEDCREDIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    synthetic_loans(3000, 3, seed=0).write_csv("loans.csv")
    return tmp_path


def fedcredit(capsys, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a command."""
    try:
        sys.argv = ["fedcredit", *arguments]
        main()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_draft_says_why_and_checks(folder, capsys):
    code, said = fedcredit(capsys, "contract", "draft", "loans.csv", "-o", "loans.yaml")
    assert (code, "its name says that it is the bank" in said) == (0, True)
    code, said = fedcredit(capsys, "contract", "check", "loans.yaml")
    assert (code, "Lender: is missing" in said, "split by time: train" in said) == (0, True, True)


def test_a_draft_overwrites_nothing(folder, capsys):
    (folder / "loans.yaml").write_text("mine")
    code, said = fedcredit(capsys, "contract", "draft", "loans.csv", "-o", "loans.yaml")
    assert (code, "is there already" in said) == (1, True)
    assert (folder / "loans.yaml").read_text() == "mine"


def drafted(folder, capsys, **changes) -> None:
    fedcredit(capsys, "contract", "draft", "loans.csv", "-o", "loans.yaml")
    terms = yaml.safe_load((folder / "loans.yaml").read_text())
    for name, change in changes.items():
        next(c for c in terms["columns"] if c["name"] == name).update(change)
    (folder / "loans.yaml").write_text(yaml.safe_dump(terms))


def test_a_leak_left_in_is_told(folder, capsys):
    drafted(folder, capsys, months_on_books={"role": "feature"})
    _, said = fedcredit(capsys, "contract", "check", "loans.yaml")
    assert "months_on_books: power ranks outcomes" in said


def test_a_file_that_changed_since_the_draft_is_one_line(folder, capsys):
    drafted(folder, capsys)
    synthetic_loans(100, 3, seed=1).write_csv("loans.csv")
    code, said = fedcredit(capsys, "contract", "check", "loans.yaml")
    assert code == 1
    assert "changed since the contract was drafted" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "the file is empty"), ("a,a\n1,2\n", "both named 'a'"), ("a,b\n1,2,3\n", "line 2, column 3")],
)
def test_a_bad_file_is_one_line(folder, capsys, content, message):
    (folder / "bad.csv").write_text(content)
    code, said = fedcredit(capsys, "contract", "draft", "bad.csv", "-o", "bad.yaml")
    assert (code, message in said, "Traceback" in said) == (1, True, False)
