"""A fault in a contract file is told by its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from credit.contract import Contract, load_contract
from credit.errors import ContractError
from tests.credit.texts import own_contract

LINES = """\
name: own
version: 1
title: Own loans
outcome: {column: status, classes: {paid: [P], default: [D]}}
columns:
  - {name: status, source: Status, role: target, required: true}
  - {name: amount, source: Amount, parse: money, range: [0, 1000]}
  - {name: kind, source: Kind, parse: category, levels: ["yes", "no"]}
split: {by: row}
"""


def load(folder: Path, text: str | bytes) -> Contract:
    (folder / "own.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    return load_contract(folder / "own.yaml")


def test_the_file_is_read_as_it_stands(tmp_path):
    assert load(tmp_path, LINES).classes == ("paid", "default")
    assert load(tmp_path, "\ufeff" + LINES).classes == ("paid", "default")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("role: target", "role: tarket", r"line 6, column 36: columns.0.role: Input should be 'feature'"),
        ("required: true", "requird: true", r"line 6, column 50: columns.0.requird: there is no such key"),
        ("  - {name: amount", "   - {name: amount", r"line 7, column 4: not valid YAML: did not find expected"),
        ("  - {name: amount", "\t- {name: amount", r"line 7, column 1: not valid YAML: found character"),
        ("range: [0, 1000]", "range: [1000, 0]", r"line 7, .*range: the lower limit 1000 is above the upper one 0"),
        ('["yes", "no"]', "[yes, no]", r"line 8, .*levels: yes, no, .* put quotes around them"),
        ("paid: [P]", "paid: [0]", r"line 4, .*paid.0: Input should be a valid string: put quotes around it"),
        ("by: row", "by: time", r"line 9, .*split.time.train: Field required"),
        ("title", "version: 2\ntitle", r"line 3, column 1: version is named twice; keep one"),
        ("role: target", "name: state", r"line 6, column 36: name is named twice"),
        ("name: amount", "name: part", r"the name 'part' is taken"),
        ("name: amount", "name: row", r"the name 'row' is taken"),
        ("split: {by: row}", "", r"line 1, column 1: split: Field required"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_column(tmp_path, old, new, fault):
    with pytest.raises(ContractError, match=r"own\.yaml, .*" + fault if "line" in fault else fault):
        load(tmp_path, LINES.replace(old, new, 1))


def test_a_file_that_is_no_utf_8_or_empty_is_said_plainly(tmp_path):
    with pytest.raises(ContractError, match=r"own\.yaml, line 3: is not UTF-8"):
        load(tmp_path, LINES.replace("Own loans", "Prêts").encode("cp1252"))
    with pytest.raises(ContractError, match=r"own\.yaml, line 1: the file: Input should be"):
        load(tmp_path, "")


def test_the_json_of_a_release_is_read_as_yaml_is(tmp_path):
    contract = own_contract()
    assert load(tmp_path, yaml.safe_dump(contract.model_dump(mode="json"))) == contract
    assert load(tmp_path, contract.model_dump_json()) == contract
