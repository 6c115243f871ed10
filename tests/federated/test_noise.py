import numpy as np
import pytest
from flwr.app import RecordDict
from sklearn.metrics import roc_auc_score

from credit.errors import FederationError
from federated import messages
from federated.privacy.accounting import privacy_spent
from federated.privacy.masking import MaskingTerms
from federated.privacy.noise import NoiseTerms, gaussian, noised_answer, plausible, sensitivity
from federated.site import BankSite, outcome_counts
from federated.training import inprocess_grid, train_federated
from tests.federated.banks import make_bank, make_banks, make_frame, make_spec

SPEC = make_spec()


def trained(strategy, multiplier, banks, family="lightgbm"):
    masking = MaskingTerms(3, NoiseTerms(multiplier))
    grid = inprocess_grid(banks, SPEC, masking=masking)
    return train_federated(family, grid, SPEC, strategy=strategy, rounds=2, masking=masking)


def test_another_record_changes_counts_by_no_more_than_the_sensitivity():
    frame, question = make_frame(200, 0), RecordDict()
    counts = outcome_counts(frame, SPEC).to_vector()
    bound = sensitivity("counts", question, counts, SPEC, 200)
    others = [outcome_counts(frame[1:].vstack(make_frame(1, s)), SPEC).to_vector() for s in range(20)]
    assert max(np.linalg.norm(other - counts) for other in others) <= bound


def test_the_noise_of_three_banks_together_is_the_agreed_one():
    terms, question = NoiseTerms(multiplier=2.0, banks=3), RecordDict()
    clear = BankSite(make_bank("north"), SPEC).counts(question)
    size = sensitivity("counts", question, messages.sums(clear), SPEC, 300)
    noisy = [
        messages.sums(noised_answer("counts", question, _copy(clear), SPEC, 300, terms)) for _ in range(900)
    ]
    sums = np.sum(np.reshape(noisy, (300, 3, -1)) - messages.sums(clear), axis=1)
    assert np.std(sums) == pytest.approx(2.0 * size, rel=0.05)


def test_gaussian_numbers_are_standard_normal():
    drawn = gaussian(100_000)
    assert abs(drawn.mean()) < 0.02 and abs(drawn.std() - 1) < 0.02


def test_losses_which_no_bound_holds_are_withheld():
    answer = messages.pack(metrics={"validation-loss": 12.5, messages.EXAMPLES: 40, "round": 3})
    kept = messages.metrics(noised_answer("losses", RecordDict(), answer, SPEC, 300, NoiseTerms(1.0)))
    assert kept == {"validation-loss": 0.0, messages.EXAMPLES: 0.0, "round": 3.0}


@pytest.mark.parametrize("strategy", ["leaf_refit", "histogram"])
def test_little_noise_costs_little_and_the_spending_is_told(strategy):
    banks = make_banks(2000, 1500, 2500)
    result = trained(strategy, 1.0, banks)
    test = banks[2].test
    margin = result.model.margin(result.model.encoding.matrix(test))[:, 0]
    assert roc_auc_score(test["outcome"].to_numpy(), margin) > 0.7
    assert result.privacy is not None and 1 < result.privacy.epsilon < 200
    assert ("propose" in result.privacy.outside) == (strategy == "leaf_refit")


def test_more_noise_spends_less_and_more_sums_spend_more():
    spent = {
        (z, n): privacy_spent(NoiseTerms(z), {"leaf_sums": n}, True).epsilon
        for z in (2.0, 20.0)
        for n in (10, 100)
    }
    assert spent[20.0, 10] < spent[2.0, 10] < spent[2.0, 100]


def test_the_epsilon_of_one_sum_is_near_the_exact_one_of_the_gaussian_mechanism():
    # Balle and Wang (2018), theorem 8: multiplier 4.0 and delta 1e-6 give epsilon 1.08.
    assert 1.0 < privacy_spent(NoiseTerms(4.0), {"counts": 1}, False).epsilon < 1.4


def test_noisy_sums_are_moved_to_where_sums_can_lie():
    assert plausible("counts", np.array([-2.0, 3.0])).tolist() == [0.0, 3.0]
    assert plausible("leaf_sums", np.array([8.0, -1.0, -5.0])).tolist() == [8.0, 2.0, 0.0]


@pytest.mark.parametrize("family", ["logistic", "catboost"])
def test_noise_on_averaged_models_is_refused(family):
    with pytest.raises(FederationError, match="noise has no bound"):
        trained("fedavg", 1.0, make_banks(100, 100, 100), family)


def _copy(content):
    return messages.pack({messages.SUMS: messages.sums(content)})
