import pytest

from credit.errors import FederationError
from federated.consortium import load_consortium

GOOD = """\
name: lenders
dataset: sba
seed: 7
banks:
  - {name: Bank of North, alias: north}
  - {name: Bank of South, alias: south}
records_per_bank: 1000
families: [logistic, lightgbm]
rounds: 30
strategy: fedavg
quorum: 0.8
"""


def load(tmp_path, text):
    path = tmp_path / "consortium.yaml"
    path.write_text(text)
    return load_consortium(path)


def test_a_consortium_is_read(tmp_path):
    consortium = load(tmp_path, GOOD)
    assert [b.alias for b in consortium.banks] == [
        "north",
        "south",
    ] and consortium.model == "credit-scorer"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "alias: south",
            "alias: South!",
            r"consortium.yaml, line 6, column \d+: banks.1.alias: String should match",
        ),
        (
            "rounds: 30",
            "rounds: many",
            r"consortium.yaml, line 9, column \d+: rounds: Input should be a valid integer",
        ),
        ("quorum: 0.8", "quorum: 2", r"consortium.yaml, line 11, column \d+: quorum: "),
        (
            "families: [logistic, lightgbm]",
            "families: [forest]",
            r"consortium.yaml, line 8, column \d+: families.0: ",
        ),
        ("rounds: 30\n", "", r"consortium.yaml, line 1, column \d+: rounds: Field required"),
        (
            "seed: 7",
            "sede: 7",
            r"consortium.yaml, line 3, column \d+: sede: there is no such key",
        ),
        (
            "seed: 7",
            "model: Credit Scorer",
            r"consortium.yaml, line 3, column \d+: model: String should match",
        ),
        ("seed: 7", f"model: {'x' * 64}", r"consortium.yaml, line 3, column \d+: model: String should match"),
        ("alias: south", "alias: north", r"banks share the alias north"),
        ("banks:", "banks: [", r"not valid YAML"),
    ],
)
def test_a_fault_names_file_line_and_key(tmp_path, old, new, fault):
    with pytest.raises(FederationError, match=fault):
        load(tmp_path, GOOD.replace(old, new))


def test_an_empty_or_missing_file_is_said_plainly(tmp_path):
    with pytest.raises(FederationError, match="No such file"):
        load_consortium(tmp_path / "nowhere.yaml")
    with pytest.raises(FederationError, match="the file"):
        load(tmp_path, "")


def test_thresholds_by_bank_and_masked_sums_exclude_each_other(tmp_path):
    text = GOOD + "secure_aggregation: true\npolicy: {cost: {by_bank: true}}\n"
    with pytest.raises(FederationError, match=r"policy.cost.by_bank needs each bank's own sums"):
        load(tmp_path, text)
