"""Banks of one process train and predict at the same time."""

import subprocess
import sys
import time
from pathlib import Path

import catboost as cb
import numpy as np
import pytest

from credit.workers import in_parallel
from federated.learners import params_of, tree_learner
from tests.federated.banks import make_spec


@pytest.mark.slow
def test_a_bank_may_predict_while_another_trains():
    """A process of its own: where their numbers of threads differ, LightGBM takes it down."""
    command = [sys.executable, "-m", "tests.federated.concurrent_lightgbm"]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], timeout=120, check=False).returncode == 0


def test_catboost_trains_for_one_bank_at_a_time(monkeypatch):
    """Two trainings at once take the process down, about once in a thousand banks."""
    running, most, fit = [], [], cb.CatBoost.fit

    def watched(self, *arguments):
        running.append(self)
        most.append(len(running))
        time.sleep(0.01)
        fit(self, *arguments)
        running.remove(self)
        return self

    monkeypatch.setattr(cb.CatBoost, "fit", watched)
    learner = tree_learner("catboost", params_of("catboost", None), make_spec())
    X = np.random.default_rng(0).normal(size=(200, 4))
    data = [learner.bind(X, (X[:, 0] > 0).astype(int)) for _ in range(6)]
    in_parallel(lambda binned: learner.propose(binned, np.zeros((200, 1)), 1, 0), data)
    assert most == [1] * 6
