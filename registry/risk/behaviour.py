"""Sections on how it treats groups, how it moves over time, and how it explains itself."""

from __future__ import annotations

from credit.fields import Role
from registry.document import Section, Table, Text
from registry.risk.facts import Facts


def fairness(facts: Facts) -> Section:
    """How far apart groups of applicants are treated."""
    limits = facts.policy.fairness
    sensitive = facts.contract.with_role(Role.SENSITIVE)
    note = (
        f"Sensitive columns: {', '.join(f.title.lower() for f in sensitive)}."
        if sensitive
        else "The data hold no sensitive column: only banks can be compared. Collect one where the law allows it."
    )
    return Section(
        "Fairness",
        (
            Text(
                f"{note} Limits: impact ratio (lowest approval rate over highest) at least "
                f"{limits.smallest_impact_ratio:g}, gaps of approval among those who paid and among those who "
                f"defaulted at most {limits.largest_rate_gap:g}, over groups of {limits.fewest_records} records "
                "or more."
            ),
            Table("Widest differences", facts.fairness["differences"]),
            Table("Groups", facts.fairness["groups"], digits=3),
            *facts.all_shown("fairness/"),
        ),
    )


def stability(facts: Facts) -> Section:
    """How far scores and features have moved since the training."""
    return Section(
        "Stability",
        (
            Text(
                "Population stability index of the score, and characteristic index of each feature, of the "
                "out-of-time records against the training records. 'noise' is what chance alone reaches in one case "
                f"of a hundred; drifted is beyond both it and {facts.policy.stability.largest_psi:g}."
            ),
            Table("By bank", facts.stability["banks"], digits=3),
            Table("By feature, all banks", facts.stability["features"], digits=3),
            *facts.shown("stability/features.png", "Features"),
        ),
    )


def explanations(facts: Facts) -> Section:
    """How scores are explained, and what the explanations rest on."""
    return Section(
        "Explanations",
        (
            Text(
                "Exact SHAP values of the margin, against the average training applicant. In points every feature is "
                "paid at the rate between that reference and the applicant, so that reference and features add up to "
                "the score. The reasons told to an applicant are the features, or groups of features, that cost most "
                "points; never a sensitive one."
            ),
            Text(_agreement(facts.agreement)),
            *facts.all_shown("explanation"),
        ),
    )


def _agreement(value: float | None) -> str:
    if value is None:
        return "No champion of the same features sat before: there is nothing to compare the ranking of features with."
    return f"Rank correlation of mean |SHAP| with the champion before: {value:.3f} (1: features rank alike)."
