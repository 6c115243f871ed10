"""The whole pipeline, as `make run` runs it."""

import json

import polars as pl
import pytest

pytestmark = pytest.mark.slow


def report(project) -> dict:
    return json.loads((project.home / "latest.json").read_text())


def test_the_report_says_what_the_run_came_to(finished):
    content = report(finished)
    assert content["dataset"] == "synthetic" and content["rows"] == 6000
    assert {b["name"] for b in content["banks"]} == {"bank-01", "bank-02", "bank-03"}
    pairs = {(m["family"], m["strategy"]) for m in content["models"]}
    families = ("logistic", "lightgbm", "catboost")
    assert pairs == {(f, s) for f in families for s in ("local", "federated", "personalised", "pooled")}
    assert all(0.5 < m["auc"] < 1 for m in content["models"])


def test_every_record_read_is_kept_or_in_quarantine_with_its_reason(finished):
    quarantine = pl.read_parquet(finished.home / "quarantine" / "synthetic" / "quarantine.parquet")
    assert quarantine.height == report(finished)["quarantined"] > 0
    assert quarantine["reason"].null_count() == 0


def test_the_terminal_names_what_to_open_next(finished):
    shown = (finished.home / "stdout.txt").read_text()
    for words in ("champion", "make serve", "make dev", "make mlflow", "bank by bank"):
        assert words in shown


def test_a_second_run_takes_the_cache_trains_the_same_bytes_and_keeps_the_champion(finished):
    def native() -> dict[str, bytes]:
        folder = finished.home / "storage" / "federated_models" / "value"
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("model.*"))}

    before = native()
    done = finished.run("--dataset", "synthetic")
    assert done.returncode == 0, done.stderr
    assert "from the cache" in done.stdout
    assert native() == before
    assert "stays out: failed: better than the champion" in " ".join(done.stdout.split())
    assert report(finished)["champion"]["version"] == "1"


def test_the_release_is_whole(finished):
    folder = report(finished)["release"]
    done = finished.command("release", "verify", folder)
    assert done.returncode == 0, done.stderr


def test_history_tells_who_was_champion_and_why(finished):
    shown = finished.command("history", "--model", "credit-scorer-synthetic", COLUMNS="200").stdout
    assert "champion" in shown and "passed every blocking check" in " ".join(shown.split())


def test_strategies_are_compared_on_the_data_set_that_was_asked_for(finished, tmp_path):
    words = "federation compare --consortium consortium.yaml --dataset synthetic --family lightgbm --rounds 1"
    done = finished.command(*words.split(), "--plot", str(tmp_path / "plot.png"), COLUMNS="80")
    assert done.returncode == 0, done.stderr
    assert "leaf_refit + own" in done.stdout and (tmp_path / "plot.png").stat().st_size
    assert not (finished.home / "data" / "sba").exists()
