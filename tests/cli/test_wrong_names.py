"""A name that there is none of, or a home in which nothing ran yet, is told in a line that says what to do."""

from __future__ import annotations

import mlflow
import pytest

from registry.tracking import Tracking
from tests.cli.saying import said


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home with one registered model, which has no version, one Bento and one release."""
    home = tmp_path_factory.mktemp("home")
    Tracking(f"sqlite:///{home}/mlflow.db", home / "mlartifacts").client.create_registered_model("scorer")
    for folder in ("bentoml/bentos/scorer/v1", "releases/scorer-v1"):
        (home / folder).mkdir(parents=True)
    (home / "bentoml/bentos/scorer/v1/bento.yaml").touch()
    return home


@pytest.fixture
def home(made, monkeypatch):
    """The home as commands find it."""
    enter(monkeypatch, made)
    monkeypatch.setenv("HF_TOKEN", "none")
    yield made
    mlflow.set_tracking_uri("")


def enter(monkeypatch, home) -> None:
    monkeypatch.setenv("FEDCREDIT_HOME", str(home))
    monkeypatch.setenv("BENTOML_HOME", str(home / "bentoml"))
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home}/mlflow.db")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("history --model nope", "no registered model nope in sqlite:///HOME/mlflow.db: name one of scorer"),
        ("history --model nope --on 2026-01-01", "name one of scorer with --model"),
        ("audit verify --model nope", "name one of scorer with --model"),
        ("rollback --why because --model nope", "name one of scorer with --model"),
        ("serve --port 8371 --model nope", "name one of scorer with --model"),
        ("promote 3 --override because --model scorer", "no version '3'; its versions are none"),
        ("serve --port 8371 --bento nope", "no package folder 'nope': the newest Bentos are scorer:v1"),
        ("serve --port 8371 --bento scorer:v2", "the newest Bentos are scorer:v1"),
        ("audit trace abc --model scorer", "decisions.db: there is no decision log; name the one"),
        ("audit trace abc --model scorer --log README.md", "README.md is no decision log"),
        (
            "release verify nope",
            "nope is no release folder (it needs model/ and dataset/): name one of HOME/rel",
        ),
        ("release publish nope", "name one of HOME/releases/scorer-v1"),
        ("contract draft nope.csv", "nope.csv: no such file; correct the path"),
        ("contract check synthetic --consortium nope.yaml", "nope.yaml: No such file or directory: write"),
        ("bank init --name B --records r.csv --coordinator fed --certificate README.md", "give host:port"),
    ],
)
def test_a_wrong_name_is_told_with_what_there_is(home, capsys, words, told):
    code, shown = said(capsys, *words.split())
    assert (code, "Traceback" in shown) == (1, False)
    assert shown.startswith("fedcredit: ") and told.replace("HOME", str(home)) in shown


@pytest.mark.parametrize("words", ["--skew -1", "--skew 0", "--rounds 0"])
def test_a_number_that_no_comparison_can_have_is_refused(home, capsys, words):
    code, shown = said(capsys, "federation", "compare", "--dataset", "synthetic", *words.split())
    assert code == 2 and "is not in the range" in shown


@pytest.mark.parametrize("given", ["abc", "0", "-1", "1.5"])
def test_a_size_of_the_synthetic_loans_that_is_no_number_is_named(home, capsys, monkeypatch, given):
    monkeypatch.setenv("SYNTHETIC_ROWS", given)
    code, shown = said(capsys, "contract", "check", "synthetic")
    assert code == 1 and f"SYNTHETIC_ROWS={given}: give a whole number" in shown


@pytest.mark.parametrize("words", ["history", "audit verify", "serve --port 8371", "package north"])
def test_a_home_in_which_nothing_ran_says_what_to_run(home, capsys, monkeypatch, tmp_path, words):
    (tmp_path / "mlflow.db").write_bytes((home / "mlflow.db").read_bytes())
    Tracking(f"sqlite:///{tmp_path}/mlflow.db", tmp_path).client.delete_registered_model("scorer")
    enter(monkeypatch, tmp_path)
    code, shown = said(capsys, *words.split())
    assert code == 1 and shown.strip().endswith("mlflow.db: run `make run` first")


@pytest.mark.parametrize("uri", ["nope://anna:secret@store", "http://anna:secret@127.0.0.1:9"])
def test_a_tracking_store_that_can_not_be_had_is_named_without_its_password(home, capsys, monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    code, shown = said(capsys, "history")
    assert code == 1 and "correct MLFLOW_TRACKING_URI" in shown.splitlines()[-1]
    assert "secret" not in shown
