"""The promotion gate: named checks, each with its value, its limit and its verdict."""

from __future__ import annotations

from dataclasses import dataclass

from credit.metrics import Interval


@dataclass(frozen=True)
class Check:
    """One line of the gate's table."""

    name: str
    value: str
    limit: str
    passed: bool


def gap_check(gap: float, limit: float) -> Check:
    """The model's AUC on its training records may exceed the out-of-time AUC by `limit` at most."""
    return Check("train-test gap", f"{gap:+.4f}", f"at most {limit:.4f}", gap <= limit)


def leak_check(barred: list[str]) -> Check:
    """The model reads no feature that the contract bars."""
    return Check("leak guard", ", ".join(barred) or "no barred feature", "none", not barred)


def better_check(difference: Interval | None, champion: str | None) -> Check:
    """The out-of-time AUC exceeds the sitting champion's beyond the paired bootstrap's noise."""
    name = "better than the champion"
    if difference is None:
        return Check(name, "no champion sits", "none needed", True)
    value = f"{difference.value:+.4f} ({difference.low:+.4f} to {difference.high:+.4f}) against version {champion}"
    return Check(name, value, "lower bound above 0", difference.low > 0)


def contract_check(champion: str, fingerprint: str) -> Check:
    """The sitting champion was trained under the same contract, so that both can be scored on the same records."""
    name = "contract"
    value = f"{fingerprint[:12]}, champion's {champion[:12] or 'unknown'}"
    return Check(
        name, value, "the same; else promote by hand: fedcredit promote VERSION", champion == fingerprint
    )
