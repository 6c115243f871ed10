from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from credit.errors import FederationError
from credit.models import load_model
from federated.baselines import train_local, train_pooled
from federated.client_app import bank_app
from federated.engines.inprocess import InProcessGrid
from federated.learners.catboost import CatBoostParams
from federated.learners.lightgbm import LightGBMParams
from federated.site import BankSite
from federated.training import inprocess_grid, train_federated
from tests.federated.banks import make_bank, make_banks, make_spec

FAMILIES = ("logistic", "lightgbm", "catboost")
SPEC = make_spec()


def model_bytes(model, folder):
    model.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def trained(family, banks, spec=SPEC, **options: Any):
    options = {"rounds": 3} | options
    return train_federated(family, inprocess_grid(banks, spec), spec, **options)


def auc(model, frame):
    margin = model.margin(model.encoding.matrix(frame))[:, 0]
    return roc_auc_score(frame["outcome"].to_numpy(), margin)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(family, tmp_path):
    banks = make_banks(200, 100, 300)
    models = [
        train_federated(family, inprocess_grid(banks, SPEC, workers), SPEC, rounds=3, seed=5).model
        for workers in (1, 4)
    ]
    assert model_bytes(models[0], tmp_path / "a") == model_bytes(models[1], tmp_path / "b")


def test_one_grid_serves_one_training_after_another(tmp_path):
    banks = make_banks(200, 100)
    grid = inprocess_grid(banks, SPEC)
    first, _, again = (
        train_federated(f, grid, SPEC, rounds=2).model for f in ("catboost", "logistic", "catboost")
    )
    assert model_bytes(first, tmp_path / "a") == model_bytes(again, tmp_path / "b")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_order_in_which_banks_connect_changes_nothing(family, tmp_path):
    banks = make_banks(200, 100, 300)
    forth, back = trained(family, banks).model, trained(family, banks[::-1]).model
    assert model_bytes(forth, tmp_path / "a") == model_bytes(back, tmp_path / "b")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_federation_comes_close_to_the_pooled_model(family):
    banks = make_banks(600, 900, 500)
    test = pl.concat([b.test for b in banks])
    federated = trained(family, banks, rounds=20, patience=4).model
    assert auc(federated, test) > auc(train_pooled(family, banks, SPEC, 0), test) - 0.01


def test_logistic_reaches_the_pooled_optimum_within_two_thousandths():
    banks = make_banks(800, 300, 2000)
    test = pl.concat([b.test for b in banks])
    federated, pooled = (
        trained("logistic", banks, rounds=20).model,
        train_pooled("logistic", banks, SPEC, 0),
    )
    assert abs(auc(federated, test) - auc(pooled, test)) < 0.002


@pytest.mark.parametrize("family", ["lightgbm", "catboost"])
def test_one_bank_alone_gets_its_own_boosting(family):
    bank = make_bank("only", 500)
    bank.validation = bank.validation.head(0)
    params = LightGBMParams() if family == "lightgbm" else CatBoostParams()
    federated = trained(family, [bank], rounds=10, trees_per_round=10, params=params).model
    own = train_local(family, bank, SPEC, 0, params)
    X = own.encoding.matrix(bank.test)
    assert np.abs(federated.margin(X) - own.margin(X)).max() < 1e-9


def test_one_bank_alone_equals_lightgbm_itself():
    import lightgbm as lgb

    spec, bank = make_spec(), make_bank("only", 500)
    params = LightGBMParams(num_leaves=7)
    model = trained("lightgbm", [bank], spec, rounds=5, trees_per_round=1, params=params)
    X, y = model.model.encoding.matrix(bank.train), bank.train["outcome"].to_numpy()
    base = np.log(y.mean() / (1 - y.mean()))
    library = {
        "objective": "binary",
        "num_leaves": 7,
        "learning_rate": 0.1,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "monotone_constraints": [0, 1, 0, 0],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lgb.Dataset(X, y, init_score=np.full(len(y), base))
    booster = lgb.train(library, data, num_boost_round=model.best_round)
    raw = np.asarray(booster.predict(X, raw_score=True))
    assert np.abs(model.model.margin(X)[:, 0] - base - raw).max() < 1e-9


@pytest.mark.parametrize("family", FAMILIES)
def test_three_classes(family):
    spec = make_spec(3)
    banks = make_banks(300, 400, n_classes=3)
    model = trained(family, banks, spec, rounds=5).model
    chances = model.probabilities(model.encoding.matrix(banks[0].test))
    assert chances.shape == (150, 3) and np.allclose(chances.sum(axis=1), 1)
    assert model.contributions(model.encoding.matrix(banks[0].test)).shape == (
        150,
        3,
        5,
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_contributions_of_the_federated_model_add_up(family):
    banks = make_banks(300, 200)
    model = trained(family, banks).model
    X = model.encoding.matrix(banks[0].test)
    assert np.abs(model.contributions(X).sum(axis=2) - model.margin(X)).max() < 1e-6


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bank_with_one_class_or_no_validation_records_takes_part(family):
    one, none, full = make_banks(200, 200, 200)
    one.train = one.train.filter(pl.col("outcome") == 0)
    none.validation = none.validation.head(0)
    result = trained(family, [one, none, full])
    assert result.rounds[-1].answered == ("bank-0", "bank-1", "bank-2")


@pytest.mark.parametrize("family", FAMILIES)
def test_missing_values_everywhere_do_no_harm(family):
    banks = make_banks(200, 200)
    banks[0].train = banks[0].train.with_columns(age=pl.lit(None, pl.Float64))
    model = trained(family, banks).model
    assert np.isfinite(model.margin(np.full((1, 4), np.nan))).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_model_loads_from_its_folder(family, tmp_path):
    banks = make_banks(200, 200)
    model = trained(family, banks).model
    model.save(tmp_path)
    X = model.encoding.matrix(banks[0].test)
    assert (load_model(tmp_path).margin(X) == model.margin(X)).all()


def test_rounds_stop_when_the_validation_loss_stops_falling():
    params = LightGBMParams(learning_rate=1.0)
    result = trained("lightgbm", make_banks(200, 200), rounds=50, patience=2, params=params)
    assert len(result.rounds) == result.best_round + 2


def test_each_round_is_reported_as_it_ends():
    seen = []
    result = trained("lightgbm", make_banks(200, 200), on_round=seen.append)
    assert seen == result.rounds and [r.round for r in seen] == [1, 2, 3]
    assert all(r.bytes > 0 and r.seconds > 0 and r.train_loss and r.validation_loss for r in seen)


def test_bytes_are_counted_by_kind():
    result = trained("lightgbm", make_banks(200, 200))
    assert set(result.bytes_by_kind) == {
        "identity",
        "counts",
        "agree",
        "propose",
        "losses",
        "cover",
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_no_answer_holds_anything_by_record(family):
    answers = []

    class Listening(InProcessGrid):
        def pull_messages(self, message_ids):
            replies = super().pull_messages(message_ids)
            answers.extend(reply.content for reply in replies)
            return replies

    sites = [BankSite(bank, SPEC) for bank in make_banks(4000, 4000)]
    app = bank_app(lambda context: sites[int(str(context.node_config["bank"]))])
    train_federated(family, Listening(app, [{"bank": 0}, {"bank": 1}]), SPEC, rounds=2)
    found = [
        array for answer in answers for record in answer.array_records.values() for array in record.values()
    ]
    assert found and all(np.prod(a.shape) < 4000 and len(a.data) < 8000 for a in found)


def test_the_train_loss_falls_round_by_round():
    losses = [r.train_loss or 0.0 for r in trained("catboost", make_banks(300, 300), rounds=4).rounds]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("options", [{"strategy": "magic"}, {"params": LightGBMParams()}])
def test_an_unknown_strategy_or_foreign_parameters_are_refused(options):
    with pytest.raises(FederationError):
        trained("catboost", make_banks(50), **options)


def test_an_unknown_family_is_refused():
    with pytest.raises(
        FederationError,
        match="unknown family 'forest'; known are logistic, lightgbm, catboost",
    ):
        trained("forest", make_banks(50))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bank_trains_alone_even_with_one_class(family):
    bank = make_bank("only", 100)
    bank.train = bank.train.filter(pl.col("outcome") == 0)
    model = train_local(family, bank, SPEC, 0)
    assert (model.probabilities(model.encoding.matrix(bank.test))[:, 1] < 0.1).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_pooled_model_is_the_same_to_the_byte_each_time(family, tmp_path):
    banks = make_banks(500, 500)
    first, second = (train_pooled(family, banks, SPEC, 0) for _ in range(2))
    assert model_bytes(first, tmp_path / "a") == model_bytes(second, tmp_path / "b")
