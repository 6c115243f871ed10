import pytest

from bento.decision_log import Entry
from bento.scorer import Scorer
from tests.bento import packages


@pytest.fixture(scope="module")
def entries(tmp_path_factory) -> list[Entry]:
    scorer = Scorer.load(packages.make_package(tmp_path_factory.mktemp("made") / "package", "logistic"))
    return [
        Entry("2026-11-22T12:00:00+00:00", scorer.score(a), scorer.version, f"r{i}", "branch", "0" * 64)
        for i, a in enumerate(packages.applicants())
    ]
