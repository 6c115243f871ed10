"""From a file to a contract on the command line, and every fault in one line."""

from __future__ import annotations

import re
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


@pytest.mark.parametrize(
    ("text", "head", "place"), [("on one line", "line", "4"), ("on\ntwo", "record", "3")]
)
def test_a_fault_is_told_by_line_only_where_each_record_is_one(folder, capsys, text, head, place):
    lines = [f'{i % 2},{i % 50},"{text}"' for i in range(100)]
    (folder / "loans.csv").write_text("\n".join(["Default,Age,Note", *lines]))
    drafted(folder, capsys, age={"parse": "number"})
    terms = yaml.safe_load((folder / "loans.yaml").read_text())
    terms["data"] = {"files": ["loans.csv"]}
    (folder / "loans.yaml").write_text(yaml.safe_dump(terms))
    lines[2] = lines[2].replace("0,2,", "0,two,")
    (folder / "loans.csv").write_text("\n".join(["Default,Age,Note", *lines]))
    code, said = fedcredit(capsys, "contract", "check", "loans.yaml")
    assert (code, f"first {'at ' * (head == 'line')}{head}" in said) == (0, True)
    assert re.search(rf"Age: is not a number\W+1\W+{place}\W", said)


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
    [
        ("", "line 1: the file is empty"),
        ("a,b\n", "no record stands below"),
        ("a,a\n1,2\n", "line 1: fields 1 and 2 of the header are both named 'a'"),
        ("a,b\n1,2,3\n", "line 2, column 3"),
        ('a,b\n1,"2\n', "line 2, column 3: a quote opens"),
    ],
)
def test_a_bad_file_is_one_line(folder, capsys, content, message):
    (folder / "bad.csv").write_text(content)
    code, said = fedcredit(capsys, "contract", "draft", "bad.csv", "-o", "bad.yaml")
    assert (code, message in said, "Traceback" in said) == (1, True, False)


OWN = """
name: own
version: 1
title: Own loans
outcome: {column: status, classes: {paid: [P], default: [D]}}
columns:
  - {name: status, source: Status, role: target, required: true}
  - {name: amount, source: Amount, parse: money}
  - {name: kind, source: Kind, parse: category, levels: [a, b]}
split: {by: row}
data: {files: [own.csv], separator: ","}
"""
GOOD = [("P" if i % 3 else "D", str(i), "ab"[i % 2]) for i in range(60)]


def checked(folder, capsys, lines: list[tuple[str, ...]], separator: str = ",", encoding: str = "utf-8"):
    (folder / "own.yaml").write_text(OWN)
    rows = [("Status", "Amount", "Kind"), *lines]
    text = "".join(separator.join(row) + "\n" for row in rows)
    (folder / "own.csv").write_bytes(text.encode(encoding, "surrogateescape"))
    return fedcredit(capsys, "contract", "check", "own.yaml")


@pytest.mark.parametrize(
    ("lines", "separator", "message"),
    [
        (GOOD, ";", "line 1, column 7: fields are separated by semicolon, not by comma"),
        ([("P", "1", "\udce4"), ("D", "2", "ä"), *GOOD], ",", "line 2, column 5: byte 0xe4 is no UTF-8"),
        ([(s, "", k) for s, _, k in GOOD], ",", "feature amount (column 'Amount') has no value in any of 60"),
        ([("P", a, k) for _, a, k in GOOD], ",", "the outcome status is 'paid' in all 60 records"),
        ([("P", "9" * (17 << 20), "a")], ",", "line 2, column 16,777,217: the line is longer than 16 MiB"),
    ],
    ids=["separator", "encodings", "empty column", "one class", "endless line"],
)
def test_data_that_fit_no_contract_are_one_line(folder, capsys, lines, separator, message):
    code, said = checked(folder, capsys, lines, separator)
    assert (code, message in said, "Traceback" in said) == (1, True, False)


def test_a_category_never_seen_is_told_with_its_line(folder, capsys):
    code, said = checked(folder, capsys, [*GOOD, ("P", "1", "z")])
    row = next(line for line in said.splitlines() if "Kind: is not a known category" in line)
    assert (code, row.split()[-2]) == (0, "62")


def test_records_of_several_files_are_counted_not_placed_by_line(folder, capsys):
    checked(folder, capsys, GOOD)
    (folder / "zwei.csv").write_text("Status,Amount,Kind\nP,1,z\n")
    (folder / "own.yaml").write_text(OWN.replace("[own.csv]", "[own.csv, zwei.csv]"))
    _, said = fedcredit(capsys, "contract", "check", "own.yaml")
    row = next(line for line in said.splitlines() if "Kind: is not a known category" in line)
    assert ("first record" in said, row.split()[-2]) == (True, "61")
