import numpy as np
import polars as pl
import pytest

from federated.training import inprocess_grid, train_federated
from federated.trust import distrusted, distrusted_at_start, step_harm
from tests.federated.banks import make_banks, make_spec

SPEC = make_spec()


def flipped(bank):
    bank.train, bank.validation = (
        f.with_columns((1 - pl.col("outcome")).alias("outcome")) for f in (bank.train, bank.validation)
    )
    return bank


def trained(banks, strategy, family="lightgbm"):
    return train_federated(family, inprocess_grid(banks, SPEC), SPEC, strategy=strategy, rounds=3)


WAYS = [("leaf_refit", "lightgbm"), ("histogram", "lightgbm"), ("fedavg", "logistic")]


@pytest.mark.parametrize(("strategy", "family"), WAYS)
def test_a_bank_of_flipped_outcomes_is_named_and_nothing_of_it_stays(strategy, family, tmp_path):
    banks = make_banks(600, 500, 700, 400, 600)
    without = trained([b for b in banks if b.name != "bank-1"], strategy, family)
    banks[1] = flipped(banks[1])
    result = trained(banks, strategy, family)
    assert "coded the other way round" in result.refused["bank-1"]
    assert result.rounds[-1].answered == ("bank-0", "bank-2", "bank-3", "bank-4")
    for name, found in (("with", result), ("without", without)):
        found.model.save(tmp_path / name)
    for file in (tmp_path / "with").iterdir():
        assert file.read_bytes() == (tmp_path / "without" / file.name).read_bytes()


@pytest.mark.parametrize(("strategy", "family"), WAYS)
@pytest.mark.parametrize("kept", [0.1, 0.5])
def test_honest_banks_of_any_size_and_default_rate_stay(strategy, family, kept):
    banks = make_banks(600, 60, 30, 900, 500)
    paying = banks[3].train.filter(pl.col("outcome") == 0)
    late = banks[3].train.filter(pl.col("outcome") == 1)
    banks[3].train = pl.concat([paying, late.head(int(kept * late.height))])
    assert not trained(banks, strategy, family).refused


@pytest.mark.parametrize(("strategy", "family"), WAYS)
def test_honest_banks_that_hold_nearly_one_outcome_stay(strategy, family):
    banks = make_banks(900, 900, 900, 900, 900)
    for bank, kept in zip(
        banks, ((1.0, 0.02), (0.02, 1.0), (0.05, 1.0), (1.0, 1.0), (1.0, 0.05)), strict=True
    ):
        parts = [bank.train.filter(pl.col("outcome") == k) for k in (0, 1)]
        bank.train = pl.concat([p.head(int(share * p.height)) for p, share in zip(parts, kept, strict=True)])
    assert not trained(banks, strategy, family).refused


def test_a_resumed_training_neither_forgets_nor_readmits_a_poisoned_bank(tmp_path):
    def poisoned_training(folder, **options):
        banks = make_banks(600, 500, 700, 400, 600)
        banks[1] = flipped(banks[1])
        grid = inprocess_grid(banks, SPEC)
        found = train_federated("lightgbm", grid, SPEC, strategy="leaf_refit", rounds=4, **options)
        found.model.save(folder)
        return found, {path.name: path.read_bytes() for path in folder.iterdir()}

    def killed(report):
        if report.round == 2:
            raise KeyboardInterrupt

    whole, expected = poisoned_training(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        poisoned_training(tmp_path / "killed", checkpoint=tmp_path / "c", on_round=killed)
    resumed, found = poisoned_training(tmp_path / "resumed", checkpoint=tmp_path / "c")
    assert found == expected
    assert resumed.refused == whole.refused and "bank-1" in resumed.refused


def test_a_bank_whose_outcomes_are_all_alike_stays():
    banks = make_banks(600, 500, 700, 400, 600)
    banks[2].train = banks[2].train.filter(pl.col("outcome") == 0)
    assert not trained(banks, "leaf_refit").refused


def test_nobody_is_judged_among_three():
    sums = {str(n): np.array([[5.0 * (-1) ** n, 2.0, 10.0], [-5.0 * (-1) ** n, 2.0, 10.0]]) for n in range(3)}
    assert distrusted(sums, 1.0) == []
    assert distrusted_at_start({n: np.array([[40.0, 1.0], [9.0, 0.0], [0.0, 9.0]]) for n in "abc"}) == []


def test_at_the_start_a_banks_own_default_rate_tells_nothing_against_it():
    rng = np.random.default_rng(0)

    def sums(slope, intercept):
        x = rng.normal(size=1000)
        X, y = (
            np.column_stack([x, np.ones(1000)]),
            rng.random(1000) < 1 / (1 + np.exp(-intercept - slope * x)),
        )
        return np.vstack([X.T @ (0.5 - y), X.T @ X / 4])

    banks = {"a": sums(1, 0), "b": sums(1, 0), "c": sums(1, -3), "d": sums(0, 3), "e": sums(-1, 0)}
    assert distrusted_at_start(banks) == ["e"]


def test_a_step_that_helps_the_others_helps_a_bank_like_them():
    like = np.array([[5.0, 2.0, 10.0], [-5.0, 2.0, 10.0]])
    assert step_harm(like, 3 * like, 1.0)[0] < 0 < step_harm(-like * [1, -1, -1], 3 * like, 1.0)[0]
