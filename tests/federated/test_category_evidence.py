import numpy as np
import pytest

from credit.encoding import Encoding
from federated.category_evidence import category_evidence, constant
from federated.learners import params_of, tree_learner
from federated.site import encode, outcome_counts
from tests.federated.banks import make_banks, make_spec

FAMILIES = ("lightgbm", "catboost")


def evidence_of(family, n_classes=2):
    """Margins that the first bank's evidence gives its records, which the second bank's counts encode."""
    spec = make_spec(n_classes)
    own, other = make_banks(400, 300, n_classes=n_classes)
    encoding = Encoding.fit(spec.features, outcome_counts(other.train, spec))
    learner, part = tree_learner(family, params_of(family), spec), encode(own.train, encoding)
    blobs = category_evidence(learner, part, encoding)
    return learner.margins(learner.combine(blobs, [1.0] * len(blobs)), part.X), own.train, spec


@pytest.mark.parametrize("family", FAMILIES)
def test_the_evidence_is_that_of_the_banks_own_encoding(family):
    margins, train, spec = evidence_of(family)
    own = Encoding.fit(spec.features, outcome_counts(train, spec))
    assert margins[:, 0] == pytest.approx(own.matrix(train)[:, spec.features.index("sector")])


@pytest.mark.parametrize("family", FAMILIES)
def test_of_three_classes_every_one_has_evidence_of_its_own(family):
    margins, train, _ = evidence_of(family, 3)
    mean = margins[(train["sector"] == "retail").to_numpy()].mean(axis=0)
    shares = [(frame["outcome"] == 2).mean() for frame in (train.filter(sector="retail"), train)]
    assert margins.shape[1] == 3 and (mean[2] > 0) == (shares[0] > shares[1])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_constant_moves_every_record_alike(family, n_classes):
    spec = make_spec(n_classes)
    learner = tree_learner(family, params_of(family), spec)
    values = np.arange(1.0, learner.n_margins + 1)
    blob = constant(learner, values, len(spec.features))
    assert (learner.margins(blob, np.zeros((5, len(spec.features)))) == values).all()
