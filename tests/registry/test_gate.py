"""Each check of the gate fails alone on the model made to fail it, and lets a good one pass."""

from __future__ import annotations

import polars as pl
import pytest

from credit.metrics import Interval
from credit.policy import FairnessPolicy, GatePolicy, StabilityPolicy
from registry import gate
from registry.gate import Check


def banks(**psi: float) -> pl.DataFrame:
    """Stability by bank and, last, over all."""
    rows = [{"name": n, "psi": p, "noise": 0.01, "drifted": p > 0.25} for n, p in psi.items()]
    return pl.DataFrame(rows)


def groups(ratio: float, column: str = "age_group", blocks: bool = True) -> pl.DataFrame:
    policy = FairnessPolicy()
    return pl.DataFrame(
        [
            {
                "column": column,
                "impact_ratio": ratio,
                "true_approval_gap": 0.05,
                "false_approval_gap": 0.05,
                "within": ratio >= policy.smallest_impact_ratio,
                "blocks": blocks,
            }
        ]
    )


def harm(**differences: float) -> pl.DataFrame:
    rows = [{"bank": b, "difference": d, "harmed": d < -0.01} for b, d in differences.items()]
    return pl.DataFrame(rows)


GOOD: dict[str, list[Check]] = {
    "train-test gap": [gate.gap_check(0.05, GatePolicy())],
    "calibration error": [gate.calibration_check(0.01, 0.08, 0.0, GatePolicy(), "out of time")],
    "fairness by age_group": gate.fairness_checks(groups(0.9), FairnessPolicy()),
    "stability": gate.stability_checks(banks(a=0.1, all=0.1), StabilityPolicy()),
    "leak guard": [gate.leak_check([])],
    "banks shut out": [gate.shut_out_check("")],
    "contract": [gate.contract_check("f1", "f1")],
    "better than the champion": [gate.better_check(Interval(0.02, 0.01, 0.03), "1")],
    "no bank harmed, against version 1": [gate.harm_check(harm(a=0.01), "version 1", True)],
}
BAD: dict[str, list[Check]] = {
    "train-test gap": [gate.gap_check(0.2, GatePolicy())],
    "calibration error": [gate.calibration_check(0.03, 0.03, 0.0, GatePolicy(), "out of time")],
    "fairness by age_group": gate.fairness_checks(groups(0.7), FairnessPolicy()),
    "stability": gate.stability_checks(banks(a=0.1, all=0.3), StabilityPolicy()),
    "leak guard": [gate.leak_check([], ["recovered"])],
    "banks shut out": [gate.shut_out_check("BANK 02")],
    "contract": [gate.contract_check("f0", "f1")],
    "better than the champion": [gate.better_check(Interval(0.02, -0.01, 0.05), "1")],
    "no bank harmed, against version 1": [gate.harm_check(harm(a=0.1, b=-0.1), "version 1", True)],
}


def checks(failing: str | None) -> list[Check]:
    return [c for name, good in GOOD.items() for c in (BAD[name] if name == failing else good)]


def test_a_good_model_passes_every_check():
    assert all(c.passed for c in checks(None))


@pytest.mark.parametrize("name", BAD)
def test_a_model_made_to_fail_one_check_fails_that_one_alone(name):
    assert [c.name for c in checks(name) if c.blocks and not c.passed] == [name]


def test_chance_explains_the_calibration_error_of_few_records():
    assert gate.calibration_check(0.03, 0.03, 0.04, GatePolicy(), "out of time").passed


def test_the_error_on_the_test_is_told_by_where_the_test_stands():
    check = gate.calibration_check(0.01, 0.08, 0.0, GatePolicy(), "on other customers")
    assert check.value == "0.0100 on validation, 0.0800 on other customers"


def test_what_does_not_block_warns():
    (check,) = gate.fairness_checks(groups(0.5, "bank", blocks=False), FairnessPolicy())
    assert (check.verdict, check.blocks) == ("warning", False)


def test_a_barred_feature_is_named():
    assert "term" in gate.leak_check(["term"]).value


def test_the_table_says_name_value_limit_and_verdict_of_each():
    table = gate.gate_table(checks("contract"))
    assert table.columns == ["check", "value", "limit", "verdict"]
    assert table.filter(check="contract")["verdict"].to_list() == ["failed"]


def test_harmed_banks_are_named_with_their_loss():
    assert "b -0.1000" in BAD["no bank harmed, against version 1"][0].value


def test_stability_by_bank_is_not_claimed_where_only_the_sum_is_known():
    _, by_bank = gate.stability_checks(banks(all=0.1), StabilityPolicy())
    assert by_bank.value == "not known: the banks' sums are masked"
