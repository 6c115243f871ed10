import numpy as np
import polars as pl
import pytest

from credit.models import load_model
from federated.learners.loss import log_loss_sum
from federated.own_records import own_model
from federated.personalisation import ALONE, JOINED, SHARED, personalise
from federated.site import encode
from tests.federated.banks import make_bank, make_banks, make_spec
from tests.federated.test_training import trained

TREES = ("lightgbm", "catboost")
FAMILIES = ("logistic", *TREES)
SPEC = make_spec()


@pytest.fixture(scope="module")
def shared():
    return {family: trained(family, make_banks(300, 300), rounds=4).model for family in FAMILIES}


def odd_bank(n=600, n_classes=2):
    """A bank whose outcomes are the other way round."""
    bank = make_bank("odd", n, 5, n_classes)
    for part in ("train", "validation", "test"):
        setattr(
            bank, part, bank.part(part).with_columns((n_classes - 1 - pl.col("outcome")).alias("outcome"))
        )
    return bank


def loss(model, frame):
    part = encode(frame, model.encoding)
    return log_loss_sum(model.margin(part.X), part.outcome) / len(part.outcome)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bank_unlike_the_others_gains_on_records_not_seen(family, shared):
    bank = odd_bank()
    personal = personalise(shared[family], bank, SPEC, 0)
    assert loss(personal.model, bank.test) < 0.9 * loss(shared[family], bank.test)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_losses_told_are_those_of_the_models(family, shared):
    bank = make_bank("north", 200, 1)
    personal = personalise(shared[family], bank, SPEC, 0)
    assert personal.loss == pytest.approx(loss(personal.model, bank.validation), abs=1e-9)
    assert personal.shared_loss == pytest.approx(loss(shared[family], bank.validation), abs=1e-9)


def test_a_scale_of_its_own_never_raises_the_validation_loss(shared):
    for seed in range(3):
        personal = personalise(shared["logistic"], make_bank("north", 200, seed), SPEC, 0)
        assert personal.loss <= personal.shared_loss


@pytest.mark.parametrize("family", TREES)
def test_a_bank_like_the_others_takes_both_models(family, shared):
    bank = make_bank("north", 600, 4)
    personal = personalise(shared[family], bank, SPEC, 0)
    assert personal.own == JOINED
    assert loss(personal.model, bank.test) < loss(own_model(family, bank, SPEC, 0), bank.test)


@pytest.mark.parametrize("family", TREES)
def test_a_bank_of_few_records_keeps_close_to_the_shared_model(family, shared):
    bank = make_bank("small", 600, 4)
    bank.train, bank.validation = bank.train.head(60), bank.validation.head(20)
    X = shared[family].encoding.matrix(bank.test)
    margin = personalise(shared[family], bank, SPEC, 0).model.margin(X)
    alone = own_model(family, bank, SPEC, 0)
    away = [
        np.abs(margin - m).mean()
        for m in (shared[family].margin(X), alone.margin(alone.encoding.matrix(bank.test)))
    ]
    assert away[0] < 0.5 * away[1]


@pytest.mark.parametrize("family", TREES)
@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_bank_of_one_outcome_keeps_the_shared_model(family, part, shared):
    bank = make_bank("good", 300, 4)
    setattr(bank, part, bank.part(part).filter(outcome=0))
    assert personalise(shared[family], bank, SPEC, 0).model is shared[family]


@pytest.mark.parametrize("family", TREES)
def test_a_bank_that_the_others_mislead_keeps_its_own_model(family):
    misleading = trained(family, make_banks(2000, 2000), rounds=30).model
    bank = odd_bank(3000)
    personal = personalise(misleading, bank, SPEC, 0)
    assert personal.own == ALONE
    assert loss(personal.model, bank.test) == pytest.approx(
        loss(own_model(family, bank, SPEC, 0), bank.test), rel=0.05
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bank_that_it_does_not_help_keeps_the_shared_model(family, shared):
    bank = odd_bank()
    bank.validation = make_bank("other", 600, 6).validation
    personal = personalise(shared[family], bank, SPEC, 0)
    assert personal.model is shared[family] and personal.own == SHARED


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_bank_without_records_keeps_the_shared_model(family, part, shared):
    bank = make_bank("empty")
    setattr(bank, part, bank.part(part).head(0))
    assert personalise(shared[family], bank, SPEC, 0).model is shared[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_personal_model_is_a_native_one(family, shared, tmp_path):
    bank = odd_bank()
    model = personalise(shared[family], bank, SPEC, 0).model
    model.save(tmp_path)
    X = model.encoding.matrix(bank.test)
    assert (load_model(tmp_path).margin(X) == model.margin(X)).all()
    assert np.abs(model.contributions(X).sum(axis=2) - model.margin(X)).max() < 1e-6


@pytest.mark.parametrize("family", FAMILIES)
def test_three_classes(family):
    spec, banks = make_spec(3), make_banks(300, 400, n_classes=3)
    shared = trained(family, banks, spec, rounds=3).model
    bank = odd_bank(n_classes=3)
    personal = personalise(shared, bank, spec, 0)
    assert loss(personal.model, bank.test) < 0.9 * loss(shared, bank.test)


@pytest.mark.parametrize("family", TREES)
def test_a_record_is_explained_alike_alone_and_among_others(family, shared):
    # So few records leave leaves of shared trees empty.
    personal = personalise(shared[family], make_bank("north", 40, 3), SPEC, 0).model
    X = personal.encoding.matrix(make_bank("any", 60, 4).train)
    among = personal.contributions(X)
    alone = np.concatenate([personal.contributions(X[i : i + 1]) for i in range(len(X))])
    assert np.abs(among - alone).max() < 1e-9
    assert np.ptp(among[:, :, -1]) < 1e-9


def test_an_intercept_of_its_own_gives_a_bank_its_default_rate(shared):
    bank = make_bank("north", 2000, 7)
    bank.train, bank.validation = (f.filter((pl.col("outcome") == 0) | (pl.int_range(pl.len()) % 4 == 0))
                                   for f in (bank.train, bank.validation))  # fmt: skip
    model = personalise(shared["logistic"], bank, SPEC, 0).model
    part = encode(bank.train, model.encoding)
    assert model.probabilities(part.X)[:, 1].mean() == pytest.approx(part.outcome.mean(), abs=0.01)
