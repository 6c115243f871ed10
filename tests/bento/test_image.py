"""What the scoring image holds: few packages, and nothing that serving does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from bento.build import build_bento
from bento.requirements import serving_requirements
from credit.errors import ModelError
from tests.bento import packages
from tests.bento.server import serving

HEAVY = {
    "catboost",
    "lightgbm",
    "scipy",
    "pandas",
    "polars",
    "sklearn",
    "mlflow",
    "dagster",
    "shap",
    "matplotlib",
    "numba",
    "sqlglot",
    "pandera",
}

CHECK = """
import sys
class Refusal:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {heavy}:
            raise ImportError("the image has no " + name)
sys.meta_path.insert(0, Refusal())
import bento.service
from bento.scorer import Scorer
from pathlib import Path
print(Scorer.load(Path({package!r})).score({applicant!r}).decision)
"""


@pytest.mark.parametrize("family", ["lightgbm", "catboost", "logistic"])
def test_serving_imports_nothing_heavy(family, tmp_path):
    package = packages.make_package(tmp_path / "package", family)
    script = CHECK.format(heavy=HEAVY, package=str(package), applicant=packages.applicants(1)[0])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) in {(0, "accepted"), (0, "refused")}, done.stderr


def test_requirements_are_pinned_and_light():
    names = {line.split("==")[0] for line in serving_requirements(None)}
    assert all("==" in line for line in serving_requirements(None))
    assert not names & {*HEAVY, "scikit-learn"}


def test_a_library_that_the_kernel_stands_for_is_installed_on_other_machines_alone():
    lines = [Requirement(line) for line in serving_requirements(None, "lightgbm")]
    marked = {r.name: r.marker for r in lines if r.marker}
    assert set(marked) == {"lightgbm", "scipy", "narwhals"}
    assert not any(marker.evaluate() for marker in marked.values())
    assert all(marker.evaluate({"platform_machine": "other"}) for marker in marked.values())


@pytest.mark.slow
def test_a_bento_serves_what_was_packaged(tmp_path, monkeypatch):
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "store"))
    package = packages.make_package(tmp_path / "package", "lightgbm")
    tag = build_bento(package)
    assert tag == build_bento(package)
    built = tmp_path / "store" / "bentos" / Path(tag.replace(":", "/"))
    assert yaml.safe_load((built / "bento.yaml").read_text())["labels"]["family"] == "lightgbm"
    assert not list(built.rglob("*.pyc"))
    expected = packages.probabilities(packages.model("lightgbm"))[0, -1]
    with serving(tag) as client:
        answer = client.post("/predict", json=packages.applicants(1)[0]).json()
    assert answer["pd"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
def test_the_newest_bento_of_a_model_is_that_models_whatever_is_built_after_it(tmp_path, monkeypatch):
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "store"))
    for name in ("credit-scorer", "credit-scorer-loans"):
        build_bento(packages.make_package(tmp_path / name, "logistic", name=name))
    with serving("credit-scorer:latest") as client:
        assert client.get("/model").json()["model"] == "credit-scorer"


def test_a_model_whose_name_no_bento_can_have_is_served_from_its_package(tmp_path):
    package = packages.make_package(tmp_path / "package", "logistic", name="Credit Scorer")
    with pytest.raises(ModelError, match=f"serve --bento {package}"):
        build_bento(package)
