from pathlib import Path

import pytest
import yaml

from tests.e2e.project import Project

SMALL = {"SYNTHETIC_ROWS": "6000", "SYNTHETIC_BANKS": "3"}


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose pipeline has run once on synthetic loans."""
    project = Project(tmp_path_factory.mktemp("home"), dict(SMALL))
    done = project.run("--dataset", "synthetic")
    assert done.returncode == 0, done.stdout + done.stderr
    (project.home / "stdout.txt").write_text(done.stdout)
    return project


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A project that has not run yet, with a short consortium of its own: one family, two rounds."""
    terms = {
        "name": "short",
        "dataset": "synthetic",
        "families": ["lightgbm"],
        "rounds": 2,
        "strategy": "fedavg",
        "banks": [{"name": f"BANK 0{i}", "alias": f"bank-0{i}"} for i in (1, 2, 3)],
    }
    consortium = tmp_path / "consortium.yaml"
    consortium.write_text(yaml.safe_dump(terms))
    return Project(tmp_path / "home", {**SMALL, "CONSORTIUM": str(consortium)})
