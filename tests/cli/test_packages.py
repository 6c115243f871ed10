"""`fedcredit package`: a bank's own model with its scoring, and nothing lost that stood there."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from bento.scorer import Scorer
from cli.main import main
from cli.packages import _continuation
from credit.calibration import Calibration
from credit.points import PointsScale
from credit.policy import ScorePolicy
from credit.scoring import Scoring
from pipelines.io_manager import store
from tests.bento import packages

OWN = Scoring(PointsScale(ScorePolicy(), Calibration("platt", (0.0,), (-0.4,), 0.7)), 0.4)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder, and a home with a champion; of its banks `north` has a model of its own, `south` has none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEDCREDIT_HOME", str(tmp_path / "home"))
    champion = packages.make_package(tmp_path / "champion")
    monkeypatch.setattr("pipelines.environment.prepare", lambda home: None)
    monkeypatch.setattr("cli.packages.champions_package", lambda home, model: champion)
    keep(tmp_path, "federated_models", "value", {"lightgbm": packages.model("lightgbm")})
    for bank, scoring in (("north", OWN.to_dict()), ("south", None)):
        keep(tmp_path, "personal_models", bank, {"lightgbm": packages.model("lightgbm", trees=25)})
        keep(tmp_path, "personal_scoring", bank, {"families": [{"family": "lightgbm", "scoring": scoring}]})
    return tmp_path


def keep(folder, asset, partition, value) -> None:
    path = folder / "home" / "storage" / asset / partition
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    store(value, path / "value")


def package(capsys, *words: str) -> tuple[int, str]:
    """Exit code and output of `fedcredit package`."""
    sys.argv = ["fedcredit", "package", *words]
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_banks_own_model_is_packaged_with_its_scoring(folder, capsys):
    code, said = package(capsys, "north", "-o", "made")
    assert (code, "fedcredit serve --bento made" in said) == (0, True)
    judge = Scorer.load(folder / "made").judge_of("north")
    assert (judge.scoring, judge.decided_by) == (OWN, "own")


def test_a_bank_that_keeps_the_shared_model_is_decided_for_by_it(folder, capsys):
    code, said = package(capsys, "north", "south", "-o", "made")
    assert (code, "south keeps the shared model" in said) == (0, True)
    assert set(Scorer.load(folder / "made").package.seats) == {"north"}


def test_without_a_model_of_its_own_there_is_nothing_to_package(folder, capsys):
    code, said = package(capsys, "south", "-o", "made")
    assert (code, "nothing to add" in said, (folder / "made").exists()) == (1, True, False)


@pytest.mark.parametrize(
    ("asset", "message"),
    [
        ("personal_models", "name banks of it, south"),
        ("personal_scoring", "run `make run` once more"),
    ],
)
def test_what_is_missing_is_told(folder, capsys, asset, message):
    (folder / "home" / "storage" / asset / "north").rename(folder / "away")
    code, said = package(capsys, "north", "-o", "made")
    assert (code, message in said) == (1, True)


def test_what_continues_a_model_that_is_not_champion_is_not_packaged(folder, capsys):
    keep(folder, "federated_models", "value", {"lightgbm": packages.model("lightgbm", trees=21)})
    code, said = package(capsys, "north", "-o", "made")
    assert (code, "is not the champion" in said, (folder / "made").exists()) == (1, True, False)


@pytest.mark.parametrize("newer", ["lightgbm", "catboost"])
def test_what_a_run_stores_meanwhile_is_not_mixed_into_a_package(folder, capsys, monkeypatch, newer):
    def read_while_a_run_begins(*asked):
        found = _continuation(*asked)
        keep(folder, "federated_models", "value", {newer: packages.model(newer, trees=21)})
        return found

    monkeypatch.setattr("cli.packages._continuation", read_while_a_run_begins)
    code, said = package(capsys, "north", "-o", "made")
    assert (code, "is not the champion" in said, (folder / "made").exists()) == (1, True, False)


@pytest.mark.parametrize("replace", [(), ("--replace",)], ids=["", "--replace"])
@pytest.mark.parametrize("name", ["made/notes.txt", "made"], ids=["folder", "file"])
def test_what_is_no_package_is_never_overwritten(folder, capsys, name, replace):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    code, said = package(capsys, "north", "-o", "made", *replace)
    assert (code, "is there already" in said) == (1, True)
    assert (folder / name).read_text() == "mine"


def test_the_champions_package_is_never_overwritten(folder, capsys):
    code, _ = package(capsys, "north", "-o", "champion", "--replace")
    assert (code, set(Scorer.load(folder / "champion").package.seats)) == (1, set())


def test_a_package_is_replaced_only_where_that_is_asked_for(folder, capsys):
    package(capsys, "north", "-o", "made")
    before = (folder / "made" / "manifest.json").stat().st_ino
    code, said = package(capsys, "north", "-o", "made")
    assert (code, "--replace" in said) == (1, True)
    assert (folder / "made" / "manifest.json").stat().st_ino == before
    assert package(capsys, "north", "-o", "made", "--replace")[0] == 0
    assert (folder / "made" / "manifest.json").stat().st_ino != before


def test_what_stands_beside_a_package_stays(folder, capsys):
    for name in ("made.old", "made.new"):
        (folder / name).mkdir()
        (folder / name / "notes.txt").write_text("mine")
    for words in ((), ("--replace",)):
        assert package(capsys, "north", "-o", "made", *words)[0] == 0
    assert all((folder / name / "notes.txt").is_file() for name in ("made.old", "made.new"))


def test_a_package_with_foreign_files_is_not_replaced(folder, capsys):
    package(capsys, "north", "-o", "made")
    (folder / "made" / "notes.txt").write_text("mine")
    code, said = package(capsys, "north", "-o", "made", "--replace")
    assert (code, "notes.txt is not in the manifest" in said) == (1, True)


def test_an_empty_folder_is_filled(folder, capsys):
    (folder / "made").mkdir()
    assert package(capsys, "north", "-o", "made")[0] == 0
    assert json.loads((folder / "made" / "manifest.json").read_text())["files"]
