"""LightGBM predicts in one thread of Python while another trains: `python -m tests.federated.concurrent_lightgbm`."""

import threading
import time

import numpy as np

from credit.encoding import Encoding
from credit.models.lightgbm import LightGBMModel
from federated.learners import params_of, tree_learner
from tests.federated.banks import make_spec

RECORDS, FEATURES, SECONDS = 20_000, 4, 8.0


def main() -> None:
    rng = np.random.default_rng(0)
    X, outcome = rng.normal(size=(RECORDS, FEATURES)), rng.integers(0, 2, RECORDS)
    learner = tree_learner("lightgbm", params_of("lightgbm", None), make_spec())
    margin = np.zeros((RECORDS, 1))

    def train() -> bytes:
        return learner.propose(learner.bind(X, outcome), margin, 2, 0)

    encoding = Encoding(tuple("abcd"), {})
    trees = train()
    model = learner.finish(
        trees, [0.0], np.ones(learner.leaf_sizes(trees).sum()), encoding, ("paid", "default")
    )
    assert isinstance(model, LightGBMModel)
    until = time.monotonic() + SECONDS

    def again(work) -> None:
        while time.monotonic() < until:
            work()

    works = (train, lambda: model.margin(X[:200]), lambda: model.contributions(X[:20]))
    threads = [threading.Thread(target=again, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
