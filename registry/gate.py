"""The promotion gate: named checks, each with its value, its limit and its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from credit.metrics import Interval
from credit.policy import FairnessPolicy, GatePolicy, StabilityPolicy


@dataclass(frozen=True)
class Check:
    """One line of the gate's table. One that does not block only warns."""

    name: str
    value: str
    limit: str
    passed: bool
    blocks: bool = True

    @property
    def verdict(self) -> str:
        return "passed" if self.passed else "failed" if self.blocks else "warning"


def gate_table(checks: Sequence[Check]) -> pl.DataFrame:
    """The checks as a table: columns check, value, limit, verdict."""
    rows = [{"check": c.name, "value": c.value, "limit": c.limit, "verdict": c.verdict} for c in checks]
    return pl.DataFrame(rows, schema=["check", "value", "limit", "verdict"])


def gap_check(gap: float, policy: GatePolicy) -> Check:
    """The model's AUC on its training records may not exceed the test AUC by much."""
    limit = policy.largest_gap
    return Check("train-test gap", f"{gap:+.4f}", f"at most {limit:.4f}", gap <= limit)


def leak_check(barred: Sequence[str], leaking: Sequence[str] = ()) -> Check:
    """The model reads no feature that the contract bars, and none that knows the outcome."""
    found = [*barred, *(f"{name} knows the outcome" for name in leaking)]
    return Check("leak guard", ", ".join(found) or "no barred feature", "none", not found)


def shut_out_check(banks: str) -> Check:
    """No bank was shut out of the training as poisoned: the figures that judge the model still ask it."""
    limit = "none: mend the bank's records, or strike it from the consortium file"
    return Check("banks shut out", banks or "none", limit, not banks)


def better_check(difference: Interval | None, champion: str | None) -> Check:
    """The test AUC exceeds the sitting champion's beyond the paired bootstrap's noise."""
    name = "better than the champion"
    if difference is None:
        return Check(name, "no champion sits", "none needed", True)
    value = f"{difference.value:+.4f} ({difference.low:+.4f} to {difference.high:+.4f}) against version {champion}"
    return Check(name, value, "lower bound above 0", difference.low > 0)


def harm_check(differences: pl.DataFrame | None, against: str, blocks: bool) -> Check:
    """No bank loses AUC beyond noise (columns of `credit.harm.bank_differences`)."""
    name, limit = f"no bank harmed, against {against}", "none below 0 beyond the noise of all banks together"
    if differences is None:
        return Check(name, "no champion sits", "none needed", True, blocks)
    harmed = differences.filter("harmed").sort("difference")
    told = ", ".join(f"{b} {d:+.4f}" for b, d in harmed.select("bank", "difference").iter_rows())
    return Check(name, told or f"none of {differences.height} banks", limit, harmed.is_empty(), blocks)


def calibration_check(validation: float, test: float, noise: float, policy: GatePolicy, where: str) -> Check:
    """Probabilities are true on validation records; the error on the test is told beside it.

    `noise` is what true probabilities reach by chance with so few validation records; `where` is where the test
    stands, as `credit.holdout.Holdout` says it.
    """
    least = policy.largest_calibration_error
    limit = f"at most {least:.4f} on validation" + (f", or chance ({noise:.4f})" if noise > least else "")
    value = f"{validation:.4f} on validation, {test:.4f} {where}"
    return Check("calibration error", value, limit, validation <= max(least, noise))


def fairness_checks(differences: pl.DataFrame, policy: FairnessPolicy) -> list[Check]:
    """One check a sensitive column, and one of the banks (columns of the asset `fairness`)."""
    limit = f"impact ratio at least {policy.smallest_impact_ratio:.2f}, rate gaps at most {policy.largest_rate_gap:.2f}"
    return [
        Check(f"fairness by {row['column']}", _parity(row), limit, row["within"], row["blocks"])
        for row in differences.iter_rows(named=True)
    ]


def stability_checks(banks: pl.DataFrame, policy: StabilityPolicy) -> list[Check]:
    """Scores keep their distribution over all banks, and in each (columns of `score_stability`)."""
    limit = f"at most {policy.largest_psi:.2f}, or within chance"
    whole, own = banks.row(-1, named=True), banks.head(-1)
    drifted = own.filter("drifted").sort("psi", descending=True)
    told = ", ".join(f"{name} {psi:.3f}" for name, psi in drifted.select("name", "psi").iter_rows())
    unmoved = "every bank" if own.height else "not known: the banks' sums are masked"
    return [
        Check(
            "stability",
            f"{whole['psi']:.3f} over all banks",
            f"population stability index (PSI) {limit}",
            not whole["drifted"],
        ),
        Check("stability by bank", told or unmoved, f"PSI {limit}", drifted.is_empty(), policy.banks_block),
    ]


def contract_check(champion: str | None, fingerprint: str) -> Check:
    """The sitting champion was trained under the same contract, so that both can be scored on the same records."""
    if champion is None:
        return Check("contract", f"{fingerprint[:12]}, no champion sits", "none needed", True)
    value = f"{fingerprint[:12]}, champion's {champion[:12] or 'unknown'}"
    limit = (
        "the same: give another data set a `model` of its own in the consortium file, or promote by hand: "
        'fedcredit promote VERSION --override "why"'
    )
    return Check("contract", value, limit, champion == fingerprint)


def _parity(row: dict) -> str:
    named = (("impact ratio", "impact_ratio"), ("gap of repaid approved", "true_approval_gap"),
             ("gap of defaults approved", "false_approval_gap"))  # fmt: skip
    known = [f"{label} {row[key]:.3f}" for label, key in named if row[key] is not None]
    return ", ".join(known) or "fewer than two groups are large enough"
